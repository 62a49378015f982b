package fanout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// Rights are, by collection, the fields that somebody may read of every row in it. Collections of which there are rows
// that they may not read are left out.
type Rights map[string][]string

const (
	anyField  = "*"
	maxRights = 8 << 20 // bytes of an answer: an administrator may read some hundred collections
)

func (r Rights) allow(q query) bool {
	allowed := r[q.collection]
	if slices.Contains(allowed, anyField) {
		return true
	}
	for name := range q.names() {
		if !slices.Contains(allowed, name) {
			return false
		}
	}
	return true
}

// of is what there is to keep of rights for each socket: those to some collections. Most have all.
func (r Rights) of(fields map[string][]string) Rights {
	kept := make(Rights, len(fields))
	for collection := range fields {
		switch allowed := r[collection]; {
		case slices.Contains(allowed, anyField):
			kept[collection] = everyField
		case len(allowed) > 0:
			kept[collection] = allowed
		}
	}
	return kept
}

var everyField = []string{anyField}

// ErrNobody says that Directus does not know the bearer of a token, or not any more.
var ErrNobody = errors.New("the token is not known")

// AskRights asks a Directus what the bearer of a token may read, when they come from an address.
//
// GET /permissions/me says "full" of an action if none of the policies that apply names rows for it; then the fields are
// those of all policies together. Directus may answer out of a cache (CACHE_ENABLED), which several of them do not always
// clear together, for five minutes and more: so each ten seconds have a question of their own.
func AskRights(ctx context.Context, transport http.RoundTripper, base *url.URL, token, address string) (Rights, error) {
	question := base.JoinPath("permissions", "me")
	question.RawQuery = "search=" + strconv.FormatInt(time.Now().Unix()/10, 10) // it means nothing here but to the cache
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, question.String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if address != "" {
		request.Header.Set("X-Forwarded-For", address)
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, ErrNobody
	default:
		return nil, fmt.Errorf("permissions/me answers %s", answer.Status)
	}
	var told struct {
		Data map[string]struct {
			Read struct {
				Access string
				Fields []string
			}
		}
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxRights)).Decode(&told); err != nil {
		return nil, fmt.Errorf("permissions/me: %w", err)
	}
	rights := Rights{}
	for collection, may := range told.Data {
		if may.Read.Access == "full" {
			rights[collection] = may.Read.Fields
		}
	}
	return rights, nil
}
