package store

import (
	"context"
	"time"

	"directuschat/app/uuid"
)

// TokenKey is the key of the refresh token, as Watch tells it.
const TokenKey = "token"

// patience is how long a tab may hold the token: longer than a refresh takes that is answered at all (10 s), and short
// enough to leave time for one's own.
const patience = 12 * time.Second

// Load returns the refresh token, "" when signed out or when nothing can be read.
func (s *Store) Load() string {
	value, _ := s.Get(context.Background(), TokenKey)
	return value
}

// Rotate runs f with the stored token ("" when signed out) while no other tab does, and stores what f returns in its
// place; "" removes it. If f fails, its error is returned as it is and nothing is stored. If the stored token is no
// longer the one f was given, it is left alone: ErrChanged. A tab that was frozen in the middle of a rotation must not
// bring back a session that was ended meanwhile.
//
// f goes on when the lock is lost. The server may have answered already, and as long as nobody else has changed the
// token, that answer is the only one there will be.
func (s *Store) Rotate(ctx context.Context, f func(ctx context.Context, current string) (next string, err error)) error {
	return s.exclusive(ctx, s.lock(TokenKey), patience, func(context.Context) error {
		current, err := s.newest(ctx)
		if err != nil {
			return err
		}
		next, err := f(ctx, current)
		if err != nil {
			return err
		}
		switch now, err := s.newest(context.WithoutCancel(ctx)); {
		case err != nil:
			return err
		case now != current:
			return ErrChanged
		case next == "":
			return s.Delete(ctx, TokenKey)
		default:
			return s.Put(ctx, TokenKey, next)
		}
	})
}

// What a tab writes to localStorage others see a little later, and perhaps not yet when they are given the lock. The
// database is never late. So a hash of the newest token is there; the token itself stays in one place.
const (
	markKey  = "token"
	lateness = time.Second
)

// newest is the stored token, as soon as this tab can see the newest one. Without a database it is what there is.
func (s *Store) newest(ctx context.Context) (string, error) {
	ctx, stop := context.WithTimeout(ctx, lateness)
	defer stop()
	mark, _ := s.Records().database().get(ctx, markKey)
	changed := make(chan struct{}, 1)
	defer s.platform.watch(func(string) { // and no timer: those of a hidden tab are slow
		select {
		case changed <- struct{}{}:
		default:
		}
	})()
	for {
		token, err := s.Get(ctx, TokenKey)
		if err != nil || mark == "" || mark == markOf(token) || ctx.Err() != nil {
			return token, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// mark tells the other tabs which token to look out for. If that fails, they do without.
func (s *Store) mark(ctx context.Context, token string) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), lateness)
	defer stop()
	_ = s.Records().database().update(ctx, "", func(string) (change, error) {
		return change{put: markKey, value: markOf(token)}, nil
	})
}

func markOf(token string) string {
	return uuid.NewV5(uuid.UUID{}, token).String()
}
