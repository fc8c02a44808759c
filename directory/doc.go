// Package directory is the vocabulary of connected directories: what an object is, what names it, and what "equal" means
// for directory text. It is the leaf that every other package may import; it imports nothing of ours and does no I/O.
//
// Words: an Object is one entry as a connected directory held it at one instant. An Anchor is the value that ties it to
// its cloud counterpart for life. A Schema numbers the attributes of one snapshot, so that an object costs little more
// than the bytes of its values.
package directory
