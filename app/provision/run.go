package provision

import (
	"context"
	"errors"
	"fmt"
	"time"

	"directuschat/app/directus"
)

// run makes the calls of steps in order and tells report of every step that is done.
func (a *Admin) run(ctx context.Context, steps []Step, report func(Step)) error {
	for _, step := range steps {
		for _, call := range step.Calls {
			if err := a.make(ctx, call); err != nil {
				return fmt.Errorf("failed to make the %s: %w", step.What, err)
			}
		}
		report(step)
	}
	return nil
}

// patience bounds how long a call is repeated: Directus takes well under a second to load a Flow.
const patience = 20 * time.Second

func (a *Admin) make(ctx context.Context, c Call) error {
	if c.Until == "" {
		return limits(a.call(ctx, c.Method, c.Path, nil, c.Body, nil))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errors.New("it does not take effect; look into the log of Directus and run this again"))
	defer cancel()
	for {
		err := a.call(ctx, c.Method, c.Path, nil, c.Body, nil)
		if directus.IsCode(err, c.Until) {
			return nil
		}
		var refusal *directus.Error
		if err != nil && !errors.As(err, &refusal) && ctx.Err() == nil {
			return err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// limits turns the refusals of a licence into sentences that say what to do.
func limits(err error) error {
	switch {
	case directus.IsCode(err, "LIMIT_EXCEEDED"):
		return fmt.Errorf("the licence of this Directus allows no more of these: remove one that is not needed, or get a licence, and run this again (%w)", err)
	case directus.IsCode(err, "RESOURCE_RESTRICTED"):
		return fmt.Errorf("the licence of this Directus does not allow it: run this again if the licence has just changed (%w)", err)
	default:
		return err
	}
}
