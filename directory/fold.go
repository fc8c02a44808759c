package directory

import (
	"strings"
	"unicode/utf8"
)

// Fold brings directory text to the form in which it is compared: Active Directory and Entra ID compare text without
// regard to case. It returns s itself, without allocating, where s is already folded.
func Fold(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf {
			return strings.ToLower(s)
		}
	}
	return s
}

// EqualFold reports whether two directory texts are equal as the directory compares them.
func EqualFold(a, b string) bool { return strings.EqualFold(a, b) }
