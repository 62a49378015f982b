package directustest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// A failure is a refusal, in Directus's words.
type failure struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (f failure) Error() string { return f.Code + ": " + f.Message }

// errLost ends a request without an answer.
var errLost = errors.New("the answer is lost")

// plain is an answer that is not JSON.
type plain string

func (s *Server) newRoutes() *http.ServeMux {
	mux := http.NewServeMux()
	handle := func(pattern string, f func(*http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { respond(w, r, f) })
	}
	handle("POST /auth/login", s.login)
	handle("POST /auth/refresh", s.rotate)
	handle("POST /auth/logout", s.logout)
	handle("GET /server/ping", func(*http.Request) (any, error) { return plain("pong"), nil })
	handle("GET /server/info", s.serverInfo)
	handle("GET /users/me", s.me)
	handle("GET /users", s.people)
	handle("GET /permissions/me", s.permissions)
	handle("GET /items/{collection}", s.list)
	handle("GET /items/{collection}/{id}", s.one)
	handle("POST /items/{collection}", s.store)
	handle("PATCH /items/{collection}/{id}", s.change)
	handle("/", func(r *http.Request) (any, error) {
		return nil, failure{http.StatusNotFound, "ROUTE_NOT_FOUND", fmt.Sprintf("Route %s doesn't exist.", r.URL.Path)}
	})
	return mux
}

// ServeHTTP answers REST and, at /websocket, takes sockets.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.answer(s.gone, &s.all) // what was sent arrives, also when nobody waits for the answer any more
	s.mu.Lock()
	stopped, onRequest := s.stopped || s.closed, s.onRequest
	s.mu.Unlock()
	w.Header().Set("Date", s.now().Format(http.TimeFormat))
	switch {
	case stopped:
		panic(http.ErrAbortHandler)
	case r.URL.Path == "/websocket":
		s.serveSocket(w, r)
	case onRequest != nil && onRequest(w, r):
	default:
		s.routes.ServeHTTP(w, r)
	}
}

func respond(w http.ResponseWriter, r *http.Request, f func(*http.Request) (any, error)) {
	data, err := f(r)
	var refused failure
	switch {
	case errors.Is(err, errLost):
		panic(http.ErrAbortHandler)
	case errors.As(err, &refused):
		writeJSON(w, refused.Status, map[string]any{"errors": []any{map[string]any{
			"message": refused.Message, "extensions": map[string]any{"code": refused.Code},
		}}})
	case data == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		switch data := data.(type) {
		case plain:
			io.WriteString(w, string(data))
		case page:
			writeJSON(w, http.StatusOK, data)
		default:
			writeJSON(w, http.StatusOK, map[string]any{"data": data})
		}
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(encode(v))
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only what came in as JSON, and maps made here, are encoded
	}
	return b
}

func decode(r *http.Request, into any) error {
	if json.NewDecoder(r.Body).Decode(into) != nil {
		return errPayload("Couldn't parse JSON.")
	}
	return nil
}

func (s *Server) serverInfo(r *http.Request) (any, error) {
	u, err := s.identify(r)
	if err != nil {
		return nil, err
	}
	info := map[string]any{"project": map[string]any{"project_name": "Directus", "public_registration": false}}
	if !s.before(12, 0) {
		info["license"] = map[string]any{}
	}
	if u != nil {
		info["version"] = s.cfg.Version
		info["queryLimit"] = map[string]any{"default": defaultLimit, "max": -1}
		info["websocket"] = false
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.realtime {
			var heartbeat any = false
			if s.cfg.Heartbeat > 0 {
				heartbeat = int(s.cfg.Heartbeat.Seconds())
			}
			info["websocket"] = map[string]any{
				"rest":      map[string]any{"authentication": "handshake", "path": "/websocket"},
				"heartbeat": heartbeat,
			}
		}
	}
	return info, nil
}

func (s *Server) me(r *http.Request) (any, error) {
	u, err := s.identify(r)
	if err != nil {
		return nil, err
	}
	if u == nil {
		return nil, errCredentials
	}
	if s.cfg.HideUsers {
		return row{"id": u.ID}, nil
	}
	return u.row(), nil
}

func (s *Server) people(r *http.Request) (any, error) {
	if u, err := s.identify(r); err != nil || u == nil || s.cfg.HideUsers {
		return nil, errors.Join(err, errForbidden)
	}
	rows := []row{}
	for _, u := range s.users {
		rows = append(rows, u.row())
	}
	return rows, nil
}

// row is what others may read of a user.
func (u *user) row() row {
	return row{"id": u.ID, "first_name": orNull(u.FirstName), "last_name": orNull(u.LastName), "avatar": nil}
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (s *Server) permissions(r *http.Request) (any, error) {
	u, err := s.identify(r)
	if err != nil || u == nil {
		return nil, errors.Join(err, errForbidden)
	}
	access := func(granted bool) any {
		if granted {
			return map[string]any{"access": "full", "fields": []string{"*"}}
		}
		return map[string]any{"access": "none"}
	}
	all := map[string]any{}
	for name, c := range s.collections {
		all[name] = map[string]any{
			"create": access(!c.NoCreate), "read": access(!c.NoRead),
			"update": access(len(c.Change) > 0), "delete": access(false), "share": access(c.Final != "" && u.Moderator),
		}
	}
	if !s.cfg.HideUsers {
		all["directus_users"] = map[string]any{
			"read": map[string]any{"access": "full", "fields": []string{"id", "first_name", "last_name", "avatar"}},
		}
	}
	return all, nil
}

// readable returns what a request wants to read, if the one who asks may.
func (s *Server) readable(r *http.Request) (*collection, query, error) {
	u, err := s.identify(r)
	if err != nil {
		return nil, query{}, err
	}
	c := s.collections[r.PathValue("collection")]
	if u == nil || c == nil || c.NoRead {
		return nil, query{}, errForbidden
	}
	q, err := parseQuery(r.URL.Query())
	return c, q, err
}

func (s *Server) list(r *http.Request) (any, error) {
	c, q, err := s.readable(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read(c, q)
}

func (s *Server) one(r *http.Request) (any, error) {
	c, q, err := s.readable(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.readOne(c, r.PathValue("id"), q)
}

func (s *Server) store(r *http.Request) (any, error) {
	return s.write(r, func(u *user, payload []byte, q query) (any, error) {
		return s.create(u, r.PathValue("collection"), payload, q)
	})
}

func (s *Server) change(r *http.Request) (any, error) {
	return s.write(r, func(u *user, payload []byte, q query) (any, error) {
		return s.update(u, r.PathValue("collection"), r.PathValue("id"), payload, q)
	})
}

func (s *Server) write(r *http.Request, do func(u *user, payload []byte, q query) (any, error)) (any, error) {
	u, err := s.identify(r)
	if err != nil {
		return nil, err
	}
	var payload json.RawMessage
	if err := decode(r, &payload); err != nil {
		return nil, err
	}
	q, err := parseQuery(r.URL.Query())
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return do(u, payload, q)
}
