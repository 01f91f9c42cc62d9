"""Classes of students who all draw at once, of one size and of growing sizes."""
