// Package strictyaml reads YAML the way a reviewer would: every mistake at once, each with file, line and column, and
// with the name that was probably meant.
package strictyaml
