package main

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// proxyInfo is WINHTTP_PROXY_INFO, userProxy WINHTTP_CURRENT_USER_IE_PROXY_CONFIG.
type proxyInfo struct {
	access        uint32
	proxy, bypass *uint16
}

type userProxy struct {
	autoDetect    int32
	autoConfig    *uint16
	proxy, bypass *uint16
}

// systemProxy gives the machine's proxy (netsh winhttp), which services use, else that of whoever is signed in. Automatic
// configuration scripts are not run.
func systemProxy() (proxies, bypass string) {
	dll := windows.NewLazySystemDLL("winhttp.dll")
	var machine proxyInfo
	if ok, _, _ := dll.NewProc("WinHttpGetDefaultProxyConfiguration").Call(uintptr(unsafe.Pointer(&machine))); ok != 0 && machine.proxy != nil {
		return windows.UTF16PtrToString(machine.proxy), text16(machine.bypass)
	}
	var user userProxy
	if ok, _, _ := dll.NewProc("WinHttpGetIEProxyConfigForCurrentUser").Call(uintptr(unsafe.Pointer(&user))); ok != 0 && user.proxy != nil {
		return windows.UTF16PtrToString(user.proxy), text16(user.bypass)
	}
	return "", ""
}

func text16(p *uint16) string {
	if p == nil {
		return ""
	}
	return windows.UTF16PtrToString(p)
}
