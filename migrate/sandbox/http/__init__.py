"""HTTP as Google's front ends speak it: bodies in, answers and errors out; knows no mailbox."""
