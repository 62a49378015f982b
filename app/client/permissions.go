package client

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/mailru/easyjson/jlexer"

	"directuschat/app/directus"
)

// permissions are what a user may do, as Directus tells: by collection and action, the fields. A rule for rows does not
// show in them, nor does what a Flow refuses.
type permissions struct {
	known  bool // else everything may be allowed: trying will tell
	fields map[string]map[string][]string
}

// readPermissions reads GET permissions/me. Where that is refused, as behind a proxy, nothing is known.
func readPermissions(ctx context.Context, ask call) (permissions, error) {
	resp, err := ask(ctx, directus.Request{Path: "permissions/me"})
	var refusal *directus.Error
	if errors.As(err, &refusal) && refusal.Status < 500 && !throttled(refusal) {
		return permissions{}, nil
	}
	if err != nil {
		return permissions{}, err
	}
	return decodePermissions(resp.Body)
}

// decodePermissions reads {"data":{"messages":{"read":{"access":"full","fields":["*"]},"update":{"access":"none"}}}}.
func decodePermissions(body []byte) (permissions, error) {
	p := permissions{known: true, fields: map[string]map[string][]string{}}
	l := jlexer.Lexer{Data: unwrap(body)}
	directus.ReadObject(&l, func(collection string) {
		actions := map[string][]string{}
		p.fields[strings.Clone(collection)] = actions
		directus.ReadObject(&l, func(action string) {
			action = strings.Clone(action)
			access, fields := "", []string(nil)
			directus.ReadObject(&l, func(key string) {
				switch key {
				case "access":
					access = directus.ReadText(&l)
				case "fields":
					directus.ReadArray(&l, func() { fields = append(fields, directus.ReadText(&l)) })
				default:
					l.SkipRecursive()
				}
			})
			if access == "full" || access == "partial" {
				actions[action] = fields
			}
		})
	})
	if err := l.Error(); err != nil {
		return permissions{}, directus.ErrNotDirectus
	}
	return p, nil
}

// may reports whether an action is allowed on a collection, with all of some fields.
func (p permissions) may(action, collection string, fields ...string) bool {
	if !p.known {
		return true
	}
	granted, ok := p.fields[collection][action]
	for _, name := range fields {
		ok = ok && (slices.Contains(granted, "*") || slices.Contains(granted, name))
	}
	return ok
}

// name reports whether there is anything to say about a collection.
func (p permissions) name(collection string) bool { return p.fields[collection] != nil }

// admin reports whether these are an administrator's.
func (p permissions) admin() bool { return p.known && p.may("update", "directus_settings", "*") }
