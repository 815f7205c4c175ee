"""The weights of the music tagger, converted from the checkpoint of their package."""
