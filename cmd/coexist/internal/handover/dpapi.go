package handover

import (
	"bytes"
	"encoding/pem"
	"errors"
)

// dpapiBlock is the type of block that holds what CryptProtectData gave.
const dpapiBlock = "DPAPI"

type dpapiSealer struct{ machine bool }

func newDPAPISealer(machine bool) (*dpapiSealer, error) {
	s := &dpapiSealer{machine}
	_, err := s.seal([]byte("x")) // whether it can be done here is found before it is needed
	return s, err
}

func (s *dpapiSealer) who() []string {
	if s.machine {
		return []string{"every account of this machine"}
	}
	return []string{"the Windows account that coexist runs as, on this machine"}
}

func (s *dpapiSealer) seal(plain []byte) ([]byte, error) {
	sealed, err := protect(plain, s.machine)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: dpapiBlock, Bytes: sealed}), nil
}

func openDPAPI(block []byte) ([]byte, error) {
	b, rest := pem.Decode(block)
	if b == nil || b.Type != dpapiBlock || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("it is not of the form that DPAPI files have")
	}
	return unprotect(b.Bytes)
}
