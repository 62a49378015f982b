package main

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A wasmFile is what a WebAssembly module says of its own size.
type wasmFile struct {
	functions []function
	data      int // bytes of data: strings, types, tables, and the lines and stack maps of all functions
}

// A function is one of the module's own, by the name that the linker gave it.
type function struct {
	name string
	code []byte
}

// startName stands for what the engine calls when it makes an instance: it is not Go's, but has been added (web/wasm).
const startName = "web_wasm.fillFunctab"

// Numbers of sections, and of the part of the name section that holds functions.
const (
	customSection = 0
	importSection = 2
	startSection  = 8
	codeSection   = 10
	dataSection   = 11
	functionNames = 1
)

var errShort = errors.New("it ends in the middle")

// readWasm reads a module that was linked with its names.
func readWasm(module []byte) (wasmFile, error) {
	const preamble = "\x00asm\x01\x00\x00\x00"
	if len(module) < len(preamble) || string(module[:len(preamble)]) != preamble {
		return wasmFile{}, errors.New("it is not a WebAssembly module")
	}
	var file wasmFile
	var imports int
	names := map[int]string{}
	for r := (wasmReader{rest: module[len(preamble):]}); len(r.rest) > 0; {
		id := r.bytes(1)
		section := wasmReader{rest: r.bytes(r.number())}
		if r.err != nil {
			return wasmFile{}, r.err
		}
		switch id[0] {
		case importSection:
			imports = section.number() // Go imports functions only
		case startSection:
			names[section.number()] = startName
		case codeSection:
			for range section.number() {
				file.functions = append(file.functions, function{code: section.bytes(section.number())})
				if section.err != nil {
					return wasmFile{}, section.err
				}
			}
		case dataSection:
			file.data = len(section.rest)
		case customSection:
			if string(section.bytes(section.number())) == "name" {
				readNames(&section, names)
			}
		}
		if section.err != nil {
			return wasmFile{}, section.err
		}
	}
	for i := range file.functions {
		name, ok := names[imports+i]
		if !ok {
			return wasmFile{}, fmt.Errorf("function %d has no name: link without -s", imports+i)
		}
		file.functions[i].name = name
	}
	return file, nil
}

// readNames reads the names of functions, by index; imported ones come first.
func readNames(section *wasmReader, names map[int]string) {
	for len(section.rest) > 0 && section.err == nil {
		kind := section.bytes(1)
		part := wasmReader{rest: section.bytes(section.number())}
		if section.err != nil || kind[0] != functionNames {
			continue
		}
		for range part.number() {
			index := part.number()
			names[index] = string(part.bytes(part.number()))
			if part.err != nil {
				section.err = part.err
				return
			}
		}
	}
}

// A wasmReader takes a module apart from the front. After an error it gives nothing more.
type wasmReader struct {
	rest []byte
	err  error
}

// number reads a length, a count or an index: LEB128, which encoding/binary calls a varint.
func (r *wasmReader) number() int {
	n, size := binary.Uvarint(r.rest)
	if r.err != nil || size <= 0 || n > 1<<32 {
		r.err = errShort
		return 0
	}
	r.rest = r.rest[size:]
	return int(n)
}

func (r *wasmReader) bytes(n int) []byte {
	if r.err != nil || n > len(r.rest) {
		r.err = errShort
		return nil
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}
