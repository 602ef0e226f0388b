"""Parts of models of notes and of performances of scores, the same for the lstm and the transformer."""
