"""The kinds of models that can be trained; each module imports its library when it is used."""
