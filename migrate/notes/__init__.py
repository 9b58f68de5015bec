"""Mail that mailhaul writes itself: the notice to an owner, the note in place of a message."""
