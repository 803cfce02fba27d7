"""Texts in code pages of other alphabets: read in the right one where their words tell, and said to be doubtful."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from nnstudio.data import Categories, detect, read_table
from nnstudio.data.recipe import Encoding

CITIES: dict[str, tuple[str, str]] = {
    "Russian": ("windows-1251", "Москва Санкт-Петербург Казань Самара Омск Ростов Уфа"),
    "Russian, Unix": ("koi8-r", "Москва Санкт-Петербург Новосибирск Екатеринбург Казань Самара Омск Ростов Уфа"),
    "Russian, DOS": ("cp866", "Москва Санкт-Петербург Казань Самара Омск Ростов Уфа"),
    "Greek": ("windows-1253", "Αθήνα Θεσσαλονίκη Πάτρα Ηράκλειο Λάρισα Βόλος"),
    "Polish": ("windows-1250", "Warszawa Kraków Łódź Wrocław Poznań Białystok"),
    "Czech": ("windows-1250", "Praha Plzeň Budějovice Ústí Děčín Třebíč"),
    "Hebrew": ("windows-1255", "ירושלים חיפה אשדוד נתניה חולון רחובות"),
    "Arabic": ("windows-1256", "القاهرة الإسكندرية الجيزة أسوان دمشق بغداد"),
    "Thai": ("windows-874", "กรุงเทพ เชียงใหม่ ภูเก็ต ขอนแก่น ชลบุรี"),
    "Japanese": ("shift-jis", "東京 大阪 名古屋 横浜 札幌 福岡 さいたま"),
    "Japanese, Unix": ("euc-jp", "東京 大阪 名古屋 横浜 札幌 福岡 さいたま"),
    "Chinese": ("gb18030", "北京 上海 广州 深圳 成都 杭州 武汉"),
    "Chinese, Taiwan": ("big5", "臺北 高雄 臺中 臺南 新竹 基隆 嘉義"),
    "Korean": ("euc-kr", "서울 부산 인천 대구 대전 광주 울산"),
    "French, Mac": ("mac-roman", "Orléans Nîmes Besançon Béziers Angoulême Évry"),
    "German": ("windows-1252", "Köln München Düsseldorf Nürnberg Tübingen Großröhrsdorf"),
    "French": ("windows-1252", "Orléans Nîmes Besançon Évry Sète Créée L’Haÿ-les-Roses"),
    "Spanish": ("windows-1252", "Málaga Córdoba Cádiz ¿qué? ÁVILA 1ª-planta"),
    "Portuguese": ("windows-1252", "São-Paulo Brasília Goiânia Belém Maceió não"),
    "Swedish": ("windows-1252", "Malmö Västerås Örebro Linköping Umeå"),
    "Icelandic": ("windows-1252", "Reykjavík Kópavogur Hafnarfjörður Garðabær þorp"),
    "signs of measure": ("windows-1252", "5°C 3±1 10µm 12€ 20£ x² §5 size© “so” d’or"),
}


def write(folder: Path, words: list[str], codec: str) -> Path:
    path = folder / "cities.csv"
    rows = "".join(f"{word},{at}.5\n" for at, word in enumerate(words))
    path.write_bytes(f"name,value\n{rows}".encode(codec))
    return path


@pytest.mark.parametrize("language", CITIES)
def test_words_arrive_in_the_alphabet_they_were_written_in(tmp_path: Path, language: str) -> None:
    encoding, cities = CITIES[language]
    codec = {"windows-874": "cp874", "euc-kr": "cp949", "shift-jis": "cp932"}.get(encoding, encoding)
    words = cities.split(" ")
    path = write(tmp_path, words, codec)
    plan = detect(path)
    assert plan.dialect.encoding == encoding
    table = read_table(path, plan)
    names = table.columns["name"]
    assert isinstance(names, Categories)
    assert list(names.texts()) == words
    assert list(table.columns["value"]) == [at + 0.5 for at in range(len(words))]


def test_words_far_below_the_first_rows_tell_the_code_page(tmp_path: Path) -> None:
    path = write(tmp_path, ["plain"] * 200_000 + CITIES["Russian"][1].split(" "), "windows-1251")
    assert detect(path).dialect.encoding == "windows-1251"


def test_what_bytes_cannot_prove_is_said_with_the_words_that_tell(tmp_path: Path) -> None:
    path = write(tmp_path, ["Szeged", "Pécs", "Győr", "Székesfehérvár", "Hódmezővásárhely"], "windows-1250")
    notes = detect(path).notes  # Hungarian, which could be French
    assert any("read as Windows-1252: 'Pécs', 'Gyõr', 'Székesfehérvár'." in note for note in notes)
    assert list(read_table(path, detect(path, encoding="windows-1250")).columns["name"].texts())[2] == "Győr"


def test_few_letters_do_not_make_a_code_page(tmp_path: Path) -> None:
    path = write(tmp_path, ["plain", "Wroc\u0142aw"], "windows-1250")
    assert detect(path).dialect.encoding == "windows-1252"


def test_a_file_with_a_wrong_byte_among_utf_8_is_in_no_other_code_page(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("name,value\nKöln,1\nMünchen,2\nDüren,3\n".encode() + b"Jos\xe9,4\n")
    plan = detect(path)
    assert plan.dialect.encoding == "windows-1252"
    assert any("Choose UTF-8 to be told which row is not" in note for note in plan.notes)


@pytest.mark.parametrize("encoding", get_args(Encoding))
def test_any_encoding_can_be_chosen(tmp_path: Path, encoding: Encoding) -> None:
    codec = {"windows-874": "cp874"}.get(encoding, encoding)
    path = write(tmp_path, ["Ann", "Bob", "Eve"], codec)
    plan = detect(path, encoding=encoding)
    assert list(read_table(path, plan).columns["value"]) == [0.5, 1.5, 2.5]
