// A library wants a source, and this one has all it needs from an archive.
