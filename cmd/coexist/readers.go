package main

import (
	"github.com/coexistsync/coexist/connectors/readonly"
	"github.com/coexistsync/coexist/directory/cloud"
	"github.com/coexistsync/coexist/engine/connector"
)

// readers gives the directories of the tenant that a plan is compared with, none of which can be written.
func (s *session) readers() (map[cloud.Directory]connector.Reader, error) {
	targets, err := s.targetsOf(s.cfg.Tenant)
	if err != nil {
		return nil, err
	}
	out := make(map[cloud.Directory]connector.Reader, len(targets))
	for d, t := range targets {
		out[d] = readonly.New(t)
	}
	return out, nil
}
