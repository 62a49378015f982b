package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// What a healer holds at most, so that no flood of refreshes fills the memory.
const (
	maxTokenBody = 4 << 10 // bytes of a request it reads
	maxGrant     = 8 << 10 // bytes of an answer it keeps
	maxKept      = 4096    // answers
	maxExchanges = 1024    // refreshes under way, of which the clients may have gone
)

// A healer makes it safe to repeat a refresh. Directus kills a refresh token the moment it answers: if that answer is
// lost on a bad line, or if two tabs send the same token at once, the session is lost with it. So an exchange of a token,
// once begun, goes on to its end whether or not its client stays; whoever sends the token meanwhile waits for the same
// answer; and whoever sends it within the grace is given that answer again. The price: a stolen token that has been used
// works for that long, too.
//
// Only a success is kept, in memory only, under the token's hash, until the grace has passed or the session is logged
// out. Only a refresh token in a JSON body of mode json is understood; everything else passes as it is.
type healer struct {
	next   http.Handler // forwards to Directus
	prefix string       // path of the proxy, with a slash at its end
	grace  time.Duration
	limit  time.Duration      // of one exchange; 0: none
	healed prometheus.Counter // answers given again

	open sync.WaitGroup // exchanges under way

	mu      sync.Mutex
	byToken map[tokenHash]*exchange
	kept    []*exchange // those that are done and in byToken, oldest first
	running int
}

func newHealer(next http.Handler, prefix string, grace, limit time.Duration, healed prometheus.Counter) *healer {
	return &healer{next: next, prefix: prefix, grace: grace, limit: limit, healed: healed, byToken: map[tokenHash]*exchange{}}
}

// A tokenHash stands for a refresh token, which is kept nowhere but in the answer that brought it.
type tokenHash [sha256.Size]byte

func hashToken(token string) tokenHash { return sha256.Sum256([]byte(token)) }

// An exchange is one refresh: a token for its successor.
type exchange struct {
	token tokenHash
	done  chan struct{}

	// Written before done is closed, never after.
	answer *answer
	broken any // the panic by which net/http is told that an answer broke off; nil if it is whole

	// Guarded by healer.mu.
	successor tokenHash // zero until done, and after a failure
	until     time.Time
	ended     bool // by a log-out
}

func (h *healer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, h.prefix)
	if path != refreshPath && path != logoutPath {
		h.next.ServeHTTP(w, r)
		return
	}
	body := readCredentials(r)
	switch {
	case body.Token == "":
	case path == logoutPath:
		h.end(hashToken(body.Token))
	case body.Mode == "json" && r.URL.RawQuery == "":
		h.refresh(w, r, body)
		return
	}
	h.next.ServeHTTP(w, r)
}

// credentials is the body of a refresh and of a log-out.
type credentials struct {
	Mode  string `json:"mode"`
	Token string `json:"refresh_token"`
}

// readCredentials reads a request's body and puts it back. A body of another kind has none.
func readCredentials(r *http.Request) (c credentials) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return credentials{}
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, maxTokenBody+1))
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(text), r.Body), r.Body}
	if err != nil || len(text) > maxTokenBody || json.Unmarshal(text, &c) != nil {
		return credentials{}
	}
	return c
}

// refresh answers with what Directus says, or has said, to this token.
func (h *healer) refresh(w http.ResponseWriter, r *http.Request, c credentials) {
	x, isNew := h.find(hashToken(c.Token))
	switch {
	case x == nil:
		h.next.ServeHTTP(w, r)
		return
	case isNew:
		ctx, cancel := context.WithoutCancel(r.Context()), func() {}
		if h.limit > 0 {
			ctx, cancel = context.WithTimeout(ctx, h.limit)
		}
		request := c.request(ctx, r)
		go func() {
			defer cancel()
			h.run(x, request)
		}()
	}
	select {
	case <-x.done:
		if x.broken != nil {
			panic(x.broken)
		}
		x.answer.writeTo(w)
	case <-r.Context().Done():
		if errors.Is(r.Context().Err(), context.DeadlineExceeded) {
			writeError(w, errTimeout)
			return
		}
		writeError(w, errUnreachable) // for the log: the client has gone
	}
}

// request is what goes to Directus: nothing in it but the token decides about the answer, which is for whoever sends
// that token. It is written anew, so that Directus reads the token that we have read.
func (c credentials) request(ctx context.Context, r *http.Request) *http.Request {
	body, _ := json.Marshal(c) // strings always encode
	request := r.Clone(ctx)
	request.Header.Del("Accept-Encoding")
	request.Header.Del("Authorization")
	request.Body = io.NopCloser(bytes.NewReader(body))
	request.ContentLength = int64(len(body))
	request.TransferEncoding = nil
	return request
}

// find returns the exchange that answers a token. If there is none it begins one; nil when too many are under way.
func (h *healer) find(token tokenHash) (x *exchange, isNew bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	// A successor that has been exchanged in turn is dead: the session goes on with its own successor.
	for next := h.byToken[token]; next != nil; next = h.byToken[x.successor] {
		x = next
	}
	switch {
	case x != nil:
		if x.successor != (tokenHash{}) {
			h.healed.Inc()
		}
		return x, false
	case h.running >= maxExchanges:
		return nil, false
	}
	x = &exchange{token: token, done: make(chan struct{})}
	h.byToken[token] = x
	h.running++
	h.open.Add(1)
	return x, true
}

// run asks Directus, and keeps the answer if it is a success.
func (h *healer) run(x *exchange, request *http.Request) {
	defer h.open.Done()
	x.answer = &answer{status: http.StatusOK, header: http.Header{}}
	defer func() {
		x.broken = recover() // here there is no net/http above to take it
		h.finish(x)
		close(x.done)
	}()
	h.next.ServeHTTP(x.answer, request)
}

func (h *healer) finish(x *exchange) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running--
	successor, ok := x.answer.successor()
	// Directus never gives a token twice; if something else did, find would go round in circles.
	if x.broken != nil || !ok || x.ended || h.byToken[successor] != nil {
		if h.byToken[x.token] == x {
			delete(h.byToken, x.token)
		}
		return
	}
	x.successor = successor
	x.until = time.Now().Add(h.grace)
	h.kept = append(h.kept, x)
	h.expireLocked()
	time.AfterFunc(h.grace, h.expire)
}

func (h *healer) expire() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.expireLocked()
}

// expireLocked lets go of what has had its time, and of the oldest where there are too many.
func (h *healer) expireLocked() {
	now := time.Now()
	for len(h.kept) > 0 && (len(h.kept) > maxKept || !now.Before(h.kept[0].until)) {
		delete(h.byToken, h.kept[0].token)
		h.kept[0] = nil
		h.kept = h.kept[1:]
	}
}

// end lets go of all answers of a session that logs out with this token, whether it is the newest or one that the
// client has not heard the successor of.
func (h *healer) end(token tokenHash) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for x := h.byToken[token]; x != nil; x = h.byToken[x.successor] {
		x.ended = true
		delete(h.byToken, x.token)
	}
	for _, x := range slices.Backward(h.kept) { // what led to a token is older than it
		if x.successor == token {
			x.ended = true
			delete(h.byToken, x.token)
			token = x.token
		}
	}
	h.kept = slices.DeleteFunc(h.kept, func(x *exchange) bool { return x.ended })
}

// wait waits for the exchanges under way, at most until ctx ends.
func (h *healer) wait(ctx context.Context) error { return waitFor(ctx, &h.open) }

// An answer is a whole response in memory. It is an http.ResponseWriter.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

var errLongGrant = errors.New("the answer to a refresh is longer than any")

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) { a.status = status }

func (a *answer) Write(p []byte) (int, error) {
	if a.body.Len()+len(p) > maxGrant {
		return 0, errLongGrant
	}
	return a.body.Write(p)
}

// successor is the token that a success brings.
func (a *answer) successor() (tokenHash, bool) {
	var body struct{ Data credentials }
	if a.status != http.StatusOK || json.Unmarshal(a.body.Bytes(), &body) != nil || body.Data.Token == "" {
		return tokenHash{}, false
	}
	return hashToken(body.Data.Token), true
}

// writeTo answers a request with it. Any number may do so at the same time.
func (a *answer) writeTo(w http.ResponseWriter) {
	maps.Copy(w.Header(), pick(a.header, answerHeaders))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes()) // a client that has gone will ask again
}

// waitFor waits for all that a group counts, at most until ctx ends.
func waitFor(ctx context.Context, group *sync.WaitGroup) error {
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
