//go:build !windows

package main

// systemProxy gives nothing: outside Windows the environment is where a system names its proxy.
func systemProxy() (proxies, bypass string) { return "", "" }
