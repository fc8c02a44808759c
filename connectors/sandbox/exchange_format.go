package sandbox

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

const unlimited = "Unlimited"

// canonicalSize reads "100MB", "50 GB", a number of bytes, "35 MB (36,700,160 bytes)" or Unlimited, and writes it as
// Exchange Online reads it back.
func canonicalSize(s string) (string, bool) {
	n, ok := sizeOf(s)
	if !ok {
		return "", false
	}
	return sizeText(n), true
}

// sizeOf gives a size in bytes; math.MaxInt64 for Unlimited.
func sizeOf(s string) (int64, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if s == "UNLIMITED" {
		return math.MaxInt64, true
	}
	s, _, _ = strings.Cut(s, "(")
	s = strings.TrimSpace(s)
	unit := int64(1)
	for i, u := range []string{"KB", "MB", "GB", "TB"} {
		if rest, ok := strings.CutSuffix(s, u); ok {
			s, unit = strings.TrimSpace(rest), 1<<(10*(i+1))
			break
		}
	}
	s = strings.TrimSpace(strings.TrimSuffix(s, "B"))
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f > 1<<50 {
		return 0, false
	}
	return int64(f * float64(unit)), true
}

func sizeText(n int64) string {
	if n == math.MaxInt64 {
		return unlimited
	}
	f, unit := float64(n), "B"
	for _, u := range []string{"KB", "MB", "GB", "TB"} {
		if f < 1024 {
			break
		}
		f, unit = f/1024, u
	}
	return fmt.Sprintf("%s %s (%s bytes)", strconv.FormatFloat(math.Round(f*1000)/1000, 'f', -1, 64), unit, thousands(n))
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// canonicalSpan reads Unlimited, a number of days, or d.hh:mm:ss, and writes it as it is read back.
func canonicalSpan(s string) (string, bool) {
	if strings.EqualFold(s, unlimited) {
		return unlimited, true
	}
	days, rest, _ := strings.Cut(s, ".")
	n, err := strconv.Atoi(days)
	if err != nil || n < 0 || n > 24855 || rest != "" && rest != "00:00:00" {
		return "", false
	}
	return fmt.Sprintf("%d.00:00:00", n), true
}

// country gives the name that UsageLocation is read back as; other codes come as they are.
func country(code string) any {
	if code == "" {
		return nil
	}
	names := map[string]string{"AT": "Austria", "AU": "Australia", "BE": "Belgium", "CA": "Canada", "CH": "Switzerland", "CZ": "Czechia",
		"DE": "Germany", "DK": "Denmark", "ES": "Spain", "FI": "Finland", "FR": "France", "GB": "United Kingdom", "IE": "Ireland",
		"IT": "Italy", "JP": "Japan", "NL": "Netherlands", "NO": "Norway", "PL": "Poland", "PT": "Portugal", "SE": "Sweden", "US": "United States"}
	if n := names[code]; n != "" {
		return n
	}
	return code
}
