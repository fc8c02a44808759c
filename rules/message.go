package rules

import (
	"errors"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/file"
)

// plainTypes are the compiler's type names in an author's words, longest first.
var plainTypes = strings.NewReplacer(
	"map[string]interface {}", "a map", "[]interface {}", "a list", "[]string", "a list", "[]interface{}", "a list", "[]any", "a list",
	"interface {}", "any value", "time.Time", "a date", "time.Duration", "a duration", "unknown", "any value", "string", "text",
	"int", "a whole number", "bool", "true or false", "float64", "a fraction")

var (
	mismatched  = regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types (.+) and (.+)\)$`)
	mismatched1 = regexp.MustCompile(`^invalid operation: (\S+) \(mismatched type (.+)\)$`)
	badArgument = regexp.MustCompile(`^cannot use (.+) as argument \(type (.+)\) to call (.+?) ?$`)
	badElement  = regexp.MustCompile(`^cannot use (.+) as type (.+) in array$`)
	notBool     = regexp.MustCompile(`^predicate should return boolean \(got (.+)\)$`)
	notArray    = regexp.MustCompile(`^builtin (\w+) takes only array \(got (.+)\)$`)
	badCond     = regexp.MustCompile(`^non-bool expression \(type (.+)\) used as condition$`)
	badToken    = regexp.MustCompile(`^unexpected token (\w+)(?:\("(.*)"\))?$`)
)

// typeError words an error of the type checker for policy authors. Where it has no place, at is its place.
func typeError(err error, at file.Location) (where file.Location, message, hint string) {
	message = err.Error()
	var fe *file.Error
	if errors.As(err, &fe) {
		at, message = fe.Location, fe.Message
	}
	t := plainTypes.Replace
	if m := mismatched.FindStringSubmatch(message); m != nil {
		return at, "operator " + m[1] + " does not take " + t(m[2]) + " and " + t(m[3]), ""
	}
	if m := mismatched1.FindStringSubmatch(message); m != nil {
		if m[1] == "not" || m[1] == "!" {
			hint = "put parentheses around what it negates: not (a == b)"
		}
		return at, "operator " + m[1] + " does not take " + t(m[2]), hint
	}
	if m := badArgument.FindStringSubmatch(message); m != nil {
		return at, m[3] + "() takes " + t(m[2]) + " here, not " + t(m[1]), ""
	}
	if m := badElement.FindStringSubmatch(message); m != nil {
		return at, "operator in does not find " + t(m[1]) + " in a list of " + t(m[2]), ""
	}
	if m := notBool.FindStringSubmatch(message); m != nil {
		return at, "the condition of a loop must be true or false, not " + t(m[1]), ""
	}
	if m := notArray.FindStringSubmatch(message); m != nil {
		return at, m[1] + "() takes a list, not " + t(m[2]), ""
	}
	if m := badCond.FindStringSubmatch(message); m != nil {
		return at, "what stands before ? must be true or false, not " + t(m[1]), ""
	}
	return at, message, ""
}

// syntaxError words an error of the expression parser and gives its offset in the text.
func syntaxError(err error) (offset int, message, hint string) {
	var fe *file.Error
	if !errors.As(err, &fe) {
		return 0, err.Error(), ""
	}
	message = fe.Message
	if strings.Contains(message, "exceeds maximum allowed nodes") {
		message, hint = "expression is too long", "split it into named conditions"
	}
	if m := badToken.FindStringSubmatch(message); m != nil {
		switch {
		case m[1] == "EOF":
			message = "expression ends too early"
		case m[2] == "=":
			message, hint = `unexpected "="`, "write =="
		default:
			message = `unexpected "` + m[2] + `"`
		}
	}
	return fe.From, message, hint
}
