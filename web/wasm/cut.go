package wasm

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// cut returns a file without some of its declarations, without the imports that nothing needs any more, and with other
// imports in place of some.
func cut(source []byte, names []string, imports map[string]string) ([]byte, error) {
	source, err := without(source, names)
	if err != nil {
		return nil, err
	}
	return importing(source, imports)
}

// without returns a file without some of its declarations: functions, methods as Type.Method, and types, which go with
// their methods.
func without(source []byte, names []string) ([]byte, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "", source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, d := range slices.Backward(file.Decls) {
		name, comment := declared(d)
		of, _, _ := strings.Cut(name, ".")
		if !slices.Contains(names, name) && !slices.Contains(names, of) {
			continue
		}
		from := d.Pos()
		if comment != nil {
			from = comment.Pos()
		}
		source = slices.Concat(source[:from-1], source[d.End()-1:])
		found = append(found, name)
	}
	for _, name := range names {
		if !slices.Contains(found, name) {
			return nil, fmt.Errorf("it declares no %s", name)
		}
	}
	return source, nil
}

// declared is the name of a function, a method or a type, and the comment before it.
func declared(d ast.Decl) (string, *ast.CommentGroup) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return d.Name.Name, d.Doc
		}
		of := d.Recv.List[0].Type
		if pointer, ok := of.(*ast.StarExpr); ok {
			of = pointer.X
		}
		if of, ok := of.(*ast.Ident); ok {
			return of.Name + "." + d.Name.Name, d.Doc
		}
	case *ast.GenDecl:
		if len(d.Specs) == 1 {
			if of, ok := d.Specs[0].(*ast.TypeSpec); ok {
				return of.Name.Name, d.Doc
			}
		}
	}
	return "", nil
}

// importing returns a file without the imports that it does not need, and with others instead of some.
func importing(source []byte, instead map[string]string) ([]byte, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	needed := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := selector.X.(*ast.Ident); ok {
				needed[x.Name] = true
			}
		}
		return true
	})
	for _, spec := range slices.Backward(file.Imports) {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		other, ok := instead[imported]
		switch {
		case spec.Name == nil && !needed[path.Base(imported)]:
			source = slices.Concat(source[:spec.Pos()-1], source[spec.End()-1:])
		case ok:
			source = slices.Concat(source[:spec.Pos()-1], []byte(strconv.Quote(other)), source[spec.End()-1:])
		}
	}
	return source, nil
}
