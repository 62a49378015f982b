package wasm

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// A section is a part of a program: all of its types, or all of its code.
type section struct {
	id      byte
	content []byte
}

type sections []section

const preamble = 8 // bytes before the first section

func readSections(module []byte) (sections, error) {
	if len(module) < preamble {
		return nil, errEnds
	}
	var all sections
	for r := (pieces{rest: module[preamble:]}); len(r.rest) > 0; {
		id := r.bytes(1)
		content := r.bytes(r.number())
		if r.err != nil {
			return nil, fmt.Errorf("read a section: %w", r.err)
		}
		all = append(all, section{id[0], content})
	}
	return all, nil
}

// write makes a module of them, with the preamble of another one.
func (s sections) write(module []byte) []byte {
	written := append([]byte(nil), module[:preamble]...)
	for _, section := range s {
		written = binary.AppendUvarint(append(written, section.id), uint64(len(section.content)))
		written = append(written, section.content...)
	}
	return written
}

func (s sections) find(id byte) int {
	return slices.IndexFunc(s, func(section section) bool { return section.id == id })
}

// content is what a section says, nil if there is none.
func (s sections) content(id byte) []byte {
	if i := s.find(id); i >= 0 {
		return s[i].content
	}
	return nil
}

func (s sections) set(id byte, content []byte) { s[s.find(id)].content = content }

// with has one more section, before those that come later. (One that is called 0 may stand anywhere.)
func (s sections) with(id byte, content []byte) sections {
	later := slices.IndexFunc(s, func(section section) bool { return section.id > id })
	if later < 0 {
		later = len(s)
	}
	return slices.Insert(s, later, section{id, content})
}

// add puts an entry behind those of a section, which begins with their number, and returns its index.
func (s sections) add(id byte, entry string) (index int, err error) {
	r := pieces{rest: s.content(id)}
	n := r.number()
	if r.err != nil {
		return 0, fmt.Errorf("read section %d: %w", id, r.err)
	}
	content := binary.AppendUvarint(nil, uint64(n+1))
	s.set(id, append(append(content, r.rest...), entry...))
	return n, nil
}
