package snapshot

// SourceOf gives the source that the object at index i came from: the only one, else the one with a scope above the
// object; ok is false when no scope lies above it.
func (s *Snapshot) SourceOf(i int) (src Source, ok bool) {
	if len(s.sources) == 1 {
		return s.sources[0], true
	}
	src, _, err := s.ScopeOf(i)
	return src, err == nil
}
