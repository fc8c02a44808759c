//go:build !windows

package credential

// System gives the credential store of the operating system; ok is false where there is none that a service can use.
func System() (s Store, ok bool) { return nil, false }
