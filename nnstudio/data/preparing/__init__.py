"""Makes arrays of a table: divides its rows, fits the steps on those that train, and transforms all of them."""
