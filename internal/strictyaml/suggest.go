package strictyaml

import (
	"fmt"
	"strings"
)

// Suggest gives the candidate that word was probably meant to be: the nearest one without regard to case, at a distance
// that a slip of the fingers explains; "" when there is none. Of equally near ones the first wins.
func Suggest(word string, candidates []string) string {
	w := []rune(strings.ToLower(word))
	if len(w) > 64 {
		return ""
	}
	best, nearest := "", 1+max(1, min(3, len(w)/3))
	for _, c := range candidates {
		if c == word {
			continue
		}
		if d := distance(w, []rune(strings.ToLower(c))); d < nearest {
			best, nearest = c, d
		}
	}
	return best
}

// DidYouMean gives the hint `did you mean "x"?`, "" when nothing is near.
func DidYouMean(word string, candidates []string) string {
	if s := Suggest(word, candidates); s != "" {
		return fmt.Sprintf("did you mean %q?", s)
	}
	return ""
}

// distance counts the insertions, deletions, substitutions and swaps of neighbours that turn a into b.
func distance(a, b []rune) int {
	before, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(b)]
}
