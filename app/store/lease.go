package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"directuschat/app/uuid"
)

// Leases are locks for pages that come by plain http, to which browsers give none. A record for every name says who
// holds it, and until when; who holds it puts off the end, again and again, until it is done. So a tab that crashes
// holds its leases for a few seconds more, and one in the background, whose timers the browser stops, may lose them
// to one in front: as with locks, that must do no harm.
type leases struct{ database func() database }

const (
	leasePrefix  = "lease:"
	leaseTerm    = 6 * time.Second
	leaseRenewal = 2 * time.Second
	leasePoll    = 200 * time.Millisecond
)

// A lease is the record of a name.
type lease struct {
	holder string // different every time
	until  time.Time
}

func (l lease) String() string { return l.holder + " " + strconv.FormatInt(l.until.UnixMilli(), 10) }

// readLease reads a record; none, or one that nobody can have written, is over long since.
func readLease(record string) lease {
	holder, until, _ := strings.Cut(record, " ")
	ms, _ := strconv.ParseInt(until, 10, 64)
	return lease{holder, time.UnixMilli(ms)}
}

func (l leases) exclusive(ctx context.Context, name string, patience time.Duration, f func(context.Context) error) error {
	mine := uuid.NewString()
	if err := l.wait(ctx, name, mine, patience); err != nil {
		return err
	}
	ctx, lose := context.WithCancelCause(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		l.renew(ctx, name, mine, lose)
	}()
	defer func() {
		lose(nil)
		<-renewed
		l.release(ctx, name, mine)
	}()
	return f(ctx)
}

// wait returns when the lease is mine. It polls: nobody tells that a tab has crashed.
func (l leases) wait(ctx context.Context, name, mine string, patience time.Duration) error {
	var tried string // the holder with whom patience has ended
	var seen string  // the one whom we wait for
	var since time.Time
	for {
		current, err := l.take(ctx, name, mine, tried)
		switch {
		case err != nil:
			return err
		case current == mine:
			return nil
		case current != seen:
			seen, since = current, time.Now()
		case time.Since(since) >= patience:
			tried = current
			continue
		}
		select {
		case <-time.After(min(leasePoll, patience)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take makes the lease mine if it is over, or that of the one whose time is up. It returns who has it then.
func (l leases) take(ctx context.Context, name, mine, tried string) (holder string, err error) {
	return l.hold(ctx, name, mine, func(current lease) bool {
		return current.holder == tried || !time.Now().Before(current.until)
	})
}

// renew keeps the lease until the context ends, somebody else has it, or that cannot be known any more.
func (l leases) renew(ctx context.Context, name, mine string, lose context.CancelCauseFunc) {
	until := time.Now().Add(leaseTerm)
	for {
		select {
		case <-time.After(leaseRenewal):
		case <-ctx.Done():
			return
		}
		now := time.Now()
		switch holder, err := l.hold(ctx, name, mine, func(current lease) bool { return current.holder == mine }); {
		case err == nil && holder == mine:
			until = now.Add(leaseTerm)
		case err == nil, now.After(until):
			lose(ErrLost)
			return
		}
	}
}

// hold makes the lease mine, with a whole term, if the current one allows it. It returns who has it then.
func (l leases) hold(ctx context.Context, name, mine string, may func(current lease) bool) (holder string, err error) {
	err = l.database().update(ctx, leasePrefix+name, func(record string) (change, error) {
		if current := readLease(record); !may(current) {
			holder = current.holder
			return change{}, nil
		}
		holder = mine
		return change{put: leasePrefix + name, value: lease{mine, time.Now().Add(leaseTerm)}.String()}, nil
	})
	return holder, err
}

// release ends the lease if it is still mine. When that fails it ends by itself.
func (l leases) release(ctx context.Context, name, mine string) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), leaseTerm)
	defer stop()
	_ = l.database().update(ctx, leasePrefix+name, func(record string) (change, error) {
		if readLease(record).holder != mine {
			return change{}, nil
		}
		return change{remove: []string{leasePrefix + name}}, nil
	})
}
