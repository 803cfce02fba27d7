"""The hyperparameters among the training settings: rate, batch, epochs, penalty, optimizer, memories, schedule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.declared import Declared, fields_of, name_of, replace, title_of
from engine.optimizers import OPTIMIZERS, Adam, AdamW, Momentum, Optimizer
from engine.schedules import SCHEDULES
from engine.settings import TrainingSettings
from nnstudio import edits, numbers
from nnstudio.document import Document
from nnstudio.hyperparameters.base import (
    KindHyperparameter,
    NumberHyperparameter,
    Value,
    around,
    around_whole,
    either,
    limits_of,
)

HALF_DECADE = 10.0**0.5
SHARED = ("learning_rate", "momentum", "beta1", "beta2")  # what one optimizer takes over from another
RATE_LOW, RATE_HIGH = limits_of(Adam, "learning_rate")
BATCH_LOW, BATCH_HIGH = limits_of(TrainingSettings, "batch_size")
EPOCHS_LOW, EPOCHS_HIGH = limits_of(TrainingSettings, "epochs")
PENALTY_LOW, PENALTY_HIGH = limits_of(TrainingSettings, "l2")
DECAY_LOW, DECAY_HIGH = limits_of(AdamW, "weight_decay")
CLIP_LOW, CLIP_HIGH = limits_of(TrainingSettings, "clip_norm")
WARM_UP_LOW, WARM_UP_HIGH = limits_of(TrainingSettings, "warm_up")
EPSILON_LOW, EPSILON_HIGH = limits_of(Adam, "epsilon")
MEMORY_LOW, MEMORY_HIGH = limits_of(Momentum, "momentum")
MEMORIES = (0.0, 0.5, 0.9, 0.95, 0.99)
MEMORIES_OF_SQUARES = (0.9, 0.99, 0.999, 0.9999)
PENALTIES = (0.0, 1e-4, 1e-3, 1e-2, 1e-1)
WARM_UPS = (0.0, 10.0, 50.0, 200.0)
CLIPS = (0.0, 0.1, 1.0, 10.0)
EPSILONS = (1e-10, 1e-8, 1e-6, 1e-4)

Near = Callable[[float, int], tuple[float, ...]]  # of the present value and the number of training rows


@dataclass(frozen=True, kw_only=True)
class SettingNumber(NumberHyperparameter):
    """A number of the training settings, by the name of its field, or of the first such field of the optimizer.

    ``letters`` maps the fields to their letters, ``near`` gives values around one.
    """

    letters: Mapping[str, str]
    near: Near
    of_optimizer: bool = False

    def symbol(self, document: Document) -> str:
        """Return the letter of the field that is there."""
        field = self._field(document)
        return self.letters[field] if field else next(iter(self.letters.values()))

    def why_not(self, document: Document) -> str:
        """Say that the optimizer has none, and which have."""
        if self._field(document):
            return ""
        have = [title_of(kind) for kind in OPTIMIZERS.values() if _first(kind, self.letters)]
        title = title_of(document.training.optimizer)
        return f"{title} has no {self.noun}: choose {either(have)} as the optimizer."

    def what_changes(self, document: Document) -> str:
        """Name the optimizer."""
        if not self.of_optimizer:
            return ""
        return f"Changes {self.symbol(document)} of {title_of(document.training.optimizer)}."

    def present(self, document: Document) -> tuple[Value, ...]:
        """Return the number, none where the optimizer has no such setting."""
        field = self._field(document)
        return (getattr(self._owner(document), field),) if field else ()

    def put(self, document: Document, value: Value) -> Document:
        """Return the document with another number."""
        field = self._field(document)
        if not field:
            raise ValueError(self.why_not(document))
        number = self.checked(value)
        changed = replace(self._owner(document), **{field: int(number) if self.whole else float(number)})
        training = replace(document.training, optimizer=changed) if self.of_optimizer else changed
        assert isinstance(training, TrainingSettings)
        return edits.set_training(document, training)

    def suggested(self, document: Document, rows: int) -> tuple[Value, ...]:
        """Return values around the present one."""
        present = self.present(document)
        return self.near(float(present[0]), rows) if present else ()

    def _owner(self, document: Document) -> TrainingSettings | Optimizer:
        return document.training.optimizer if self.of_optimizer else document.training

    def _field(self, document: Document) -> str:
        return _first(type(self._owner(document)), self.letters)


@dataclass(frozen=True, kw_only=True)
class SettingKind(KindHyperparameter):
    """A kind among the training settings; one that is there already keeps its own settings."""

    field: str

    def present(self, document: Document) -> tuple[Value, ...]:
        """Return the kind's name."""
        return (name_of(getattr(document.training, self.field)),)

    def put(self, document: Document, value: Value) -> Document:
        """Return the document with another kind; settings that both kinds have and that mean the same are kept."""
        kind, old = self.checked(value), getattr(document.training, self.field)
        if isinstance(old, kind) and type(old) is kind:
            return document
        common = {name: getattr(old, name) for name in SHARED if _first(kind, (name,)) and _first(type(old), (name,))}
        new = kind(**common)
        return edits.set_training(document, replace(document.training, **{self.field: new}))


@dataclass(frozen=True, kw_only=True)
class OptimizerKind(SettingKind):
    """The optimizer, which says what it leaves as it is."""

    field: str = "optimizer"

    def what_changes(self, document: Document) -> str:
        """Say that the rate stays."""
        rate = numbers.short(document.training.optimizer.learning_rate)
        return f"The learning rate stays {rate}, though each optimizer has a best one of its own."


def _first(kind: type[Declared], names: Mapping[str, str] | tuple[str, ...]) -> str:
    """Return the first of some names that is a field of a kind, empty where none is."""
    own = {field.name for field in fields_of(kind)}
    return next((name for name in names if name in own), "")


def _rates(rate: float, rows: int) -> tuple[float, ...]:
    if rate <= 0.0:
        return (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
    return around(rate, HALF_DECADE, range(-2, 3), RATE_LOW, RATE_HIGH)


def _batches(size: float, rows: int) -> tuple[float, ...]:
    most = max(min(rows, BATCH_HIGH), 1)
    return around_whole(int(min(size, most)), 4, range(-2, 3), BATCH_LOW, most)


def _epochs(epochs: float, rows: int) -> tuple[float, ...]:
    return around_whole(int(epochs), 2, range(-3, 2), EPOCHS_LOW, EPOCHS_HIGH)


def _decades(low: float, high: float) -> Near:
    def near(present: float, rows: int) -> tuple[float, ...]:
        return (0.0, *around(present, 10.0, range(-1, 3), low, high)) if present > 0.0 else PENALTIES

    return near


_penalties, _decays = _decades(PENALTY_LOW, PENALTY_HIGH), _decades(DECAY_LOW, DECAY_HIGH)


def _among(usual: tuple[float, ...]) -> Near:
    return lambda present, rows: tuple(sorted({*usual, present}))


LEARNING_RATE = SettingNumber(
    name="learning_rate",
    title="Learning rate",
    meaning="How far each step goes against the gradient. Too small: the cost falls slowly and is still high at the "
    "end. Too large: the cost jumps about, or grows until training diverges.",
    usual="0.0001 to 0.01 with Adam, AdamW and RMSProp, 0.01 to 1 with SGD; tried in steps of about 3.",
    scale="log",
    low=RATE_LOW,
    high=RATE_HIGH,
    letters={"learning_rate": "α"},
    near=_rates,
    of_optimizer=True,
)
BATCH_SIZE = SettingNumber(
    name="batch_size",
    title="Batch size",
    meaning="How many examples the gradient of one step is averaged over. Too small: steps are noisy, and an epoch "
    "takes long. Too large: an epoch has few steps, and the cost falls little in it.",
    usual="16 to 512, often powers of 2; with few rows all of them, the full batch.",
    scale="log",
    low=BATCH_LOW,
    high=BATCH_HIGH,
    whole=True,
    letters={"batch_size": ""},
    near=_batches,
)
EPOCHS = SettingNumber(
    name="epochs",
    title="Number of epochs",
    meaning="How often training goes through all examples; with the full batch an epoch is one of the notes' "
    "iterations. Too few: the cost is still falling. Too many: the validation cost rises again while the training cost "
    "falls on.",
    usual="10 to 1000: as many as the validation cost falls for.",
    scale="log",
    low=EPOCHS_LOW,
    high=EPOCHS_HIGH,
    whole=True,
    letters={"epochs": ""},
    near=_epochs,
)
L2_PENALTY = SettingNumber(
    name="l2",
    title="L2 penalty",
    meaning="½ λ₂ Σ W² is added to what a step goes down, so that weights shrink. Too small: the network may follow "
    "the noise of the training rows. Too large: it becomes too smooth to follow the data at all.",
    usual="0, or 0.0001 to 0.1, in steps of 10.",
    scale="log",
    low=PENALTY_LOW,
    high=PENALTY_HIGH,
    letters={"l2": "λ₂"},
    near=_penalties,
)
L1_PENALTY = SettingNumber(
    name="l1",
    title="L1 penalty",
    meaning="λ₁ Σ |W| is added to what a step goes down, so that weights of little use go to zero. Too small: all "
    "features have a say, noise among them. Too large: weights that are needed vanish too.",
    usual="0, or 0.00001 to 0.01, in steps of 10.",
    scale="log",
    low=PENALTY_LOW,
    high=PENALTY_HIGH,
    letters={"l1": "λ₁"},
    near=_penalties,
)
CLIP_NORM = SettingNumber(
    name="clip_norm",
    title="Gradient limit",
    meaning="A gradient whose norm is greater is scaled down to this norm; 0 is no limit. Too small: every step is cut "
    "short, and training is slow. Too large: it does nothing against rare huge steps.",
    usual="0, no limit; 0.5 to 10 where the cost jumps or training diverges.",
    scale="limit",
    low=CLIP_LOW,
    high=CLIP_HIGH,
    letters={"clip_norm": ""},
    near=_among(CLIPS),
)
WARM_UP = SettingNumber(
    name="warm_up",
    title="Warm-up steps",
    meaning="Over how many steps the learning rate rises to its full value. Too few: the first steps, from random "
    "weights, may be too large. Too many: much of the training goes by with small steps.",
    usual="0; a few per cent of all steps in deep networks or with large rates.",
    scale="log",
    low=WARM_UP_LOW,
    high=WARM_UP_HIGH,
    whole=True,
    letters={"warm_up": ""},
    near=lambda present, rows: tuple(int(steps) for steps in _among(WARM_UPS)(present, rows)),
)
OPTIMIZER = OptimizerKind(
    name="optimizer",
    title="Optimizer",
    meaning="The rule by which a step follows from the gradient. SGD takes the gradient as it is, Momentum goes on in "
    "the former direction, RMSProp and Adam scale each parameter's step by the size of its gradients.",
    usual="Adam or AdamW to begin with; Momentum with a tuned rate and schedule.",
    kinds=OPTIMIZERS,
    usual_kinds=("sgd", "momentum", "rmsprop", "adam"),
)
MOMENTUM = SettingNumber(
    name="momentum",
    title="Momentum",
    meaning="How much of the former steps' direction is kept: about 1 / (1 − value) steps are averaged. Too small: the "
    "path zigzags across narrow valleys. Too large: it overshoots and swings.",
    usual="0.9; between 0.8 and 0.99.",
    scale="memory",
    low=MEMORY_LOW,
    high=MEMORY_HIGH,
    below_high=True,
    letters={"momentum": "μ", "beta1": "β₁"},
    near=_among(MEMORIES),
    of_optimizer=True,
)
MEMORY_OF_SQUARES = SettingNumber(
    name="memory_of_squares",
    title="Memory of squares",
    meaning="Over how many steps, about 1 / (1 − value), the squared gradient is averaged that scales the steps. Too "
    "small: the scale jumps with every batch. Too large: it is slow to notice that the gradient has changed.",
    usual="0.999 in Adam, 0.9 to 0.99 in RMSProp.",
    scale="memory",
    low=MEMORY_LOW,
    high=MEMORY_HIGH,
    below_high=True,
    letters={"beta2": "β₂", "rho": "ρ"},
    near=_among(MEMORIES_OF_SQUARES),
    of_optimizer=True,
)
EPSILON = SettingNumber(
    name="epsilon",
    title="Guard of the division",
    meaning="What is added to the root of the squared gradients before a step is divided by it. Too small: parameters "
    "with tiny gradients take full steps. Too large: it outweighs the root, and steps are no longer scaled.",
    usual="1e−10 to 1e−4; seldom worth a change.",
    scale="log",
    low=EPSILON_LOW,
    high=EPSILON_HIGH,
    letters={"epsilon": "ε"},
    near=_among(EPSILONS),
    of_optimizer=True,
)
WEIGHT_DECAY = SettingNumber(
    name="weight_decay",
    title="Weight decay",
    meaning="Which share of each weight, times α, AdamW takes away at a step, beside the gradient. Too small: the "
    "network may follow the noise of the training rows. Too large: it becomes too smooth to follow the data at all.",
    usual="0.0001 to 0.1, in steps of 10.",
    scale="log",
    low=DECAY_LOW,
    high=DECAY_HIGH,
    letters={"weight_decay": "λ"},
    near=_decays,
    of_optimizer=True,
)
SCHEDULE = SettingKind(
    name="schedule",
    title="Schedule",
    meaning="How the learning rate changes from epoch to epoch. A constant rate may be too large for the last steps; "
    "one that falls too early stops the descent before its end.",
    usual="constant to begin with; cosine or step for the last bit of a long training.",
    kinds=SCHEDULES,
    usual_kinds=("constant", "step", "exponential", "cosine"),
    field="schedule",
)
