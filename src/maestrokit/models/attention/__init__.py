"""Parts of the transformer: its operators, its cache, and weights that it takes over from one of other sizes."""
