"""What is found in performances and recordings: onsets, beats, chords, fundamental frequency."""
