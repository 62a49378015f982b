package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"directuschat"
	"directuschat/app/provision"
)

// planFlags are the flags that say what setup is to do.
func (cfg *setupConfig) planFlags(flags *flag.FlagSet) {
	m := &cfg.options.Mapping
	*m = directuschat.DefaultMapping
	flags.Var((*list)(&cfg.options.ModeratorUsers), "moderator-user", "`e-mail` or id of a user who may chat and delete what others wrote; several with commas, or repeated")
	flags.Var((*list)(&cfg.options.ModeratorRoles), "moderator-role", "`name` or id of a role whose users may; several with commas, or repeated")
	flags.StringVar(&m.Collection, "collection", m.Collection, "`collection` that holds the messages, or is to hold them; one that is there is used as it is")
	flags.Var((*fieldFlag)(m), "field", "`name=field`: as in chatd serve, for a collection that is there already; default: "+fieldDefaults())
	flags.BoolVar(&cfg.options.Complete, "complete", false, "add what a collection that is there lacks: fields, indexes and, without a licence, a guard that lets users write nothing but what the chat writes")
	flags.BoolVar(&cfg.options.RevokePublic, "revoke-public", false, "take away what everybody may do with the chat without a log-in; asks first")
	flags.BoolVar(&cfg.dryRun, "dry-run", false, "print the plan, and change nothing")
	flags.BoolVar(&cfg.undo, "undo", false, "remove what setup has made; asks first")
	flags.BoolVar(&cfg.deleteData, "delete-data", false, "with -undo: also the messages, reactions and names")
	flags.BoolVar(&cfg.yes, "yes", false, "do not ask")
}

// checkPlan refuses what contradicts itself.
func (cfg *setupConfig) checkPlan(flags *flag.FlagSet) error {
	mapped := false
	flags.Visit(func(f *flag.Flag) { mapped = mapped || f.Name == "collection" || f.Name == "field" })
	switch {
	case cfg.deleteData && !cfg.undo:
		return usagef("-delete-data belongs to -undo; without it nothing is deleted")
	case !plainName.MatchString(cfg.options.Mapping.Collection) || strings.HasPrefix(cfg.options.Mapping.Collection, "directus_"):
		return usagef("-collection: %q cannot hold the messages; name a collection of yours", cfg.options.Mapping.Collection)
	}
	if !mapped {
		cfg.options.Mapping = directuschat.Mapping{} // a collection that others made is not used unless it is named
	}
	return nil
}

func (p program) undoSetup(ctx context.Context, admin *provision.Admin, cfg *setupConfig) error {
	steps, err := provision.PlanUndo(ctx, admin, cfg.deleteData)
	if err != nil {
		return err
	}
	if cfg.dryRun {
		printPlan(p.stdout, steps)
		return nil
	}
	if err := p.askFor(ctx, cfg, steps); err != nil {
		return err
	}
	changes := map[provision.Change]int{}
	err = provision.Undo(ctx, admin, steps, p.reporter(changes))
	if err := unfinished(ctx, err, changes[provision.Remove]); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "\nDone: %d removed.\n", changes[provision.Remove])
	return nil
}

// askFor shows what steps remove, and asks whether that is right; no is an error.
func (p program) askFor(ctx context.Context, cfg *setupConfig, steps []provision.Step) error {
	var removals []provision.Step
	for _, s := range steps {
		if s.Change == provision.Remove {
			removals = append(removals, s)
		}
	}
	if len(removals) == 0 || cfg.yes {
		return nil
	}
	printPlan(p.stdout, removals)
	if p.prompt == nil {
		return usagef("there is no terminal to ask on; say -yes if this is to be removed")
	}
	fmt.Fprintf(p.stdout, "\nRemove this? Type yes and press Enter: ")
	answered := make(chan string, 1)
	go func() { // ends with the program: nobody can end the read
		line, _ := bufio.NewReader(p.stdin).ReadString('\n')
		answered <- strings.TrimSpace(line)
	}()
	select {
	case answer := <-answered:
		if answer != "yes" {
			return errors.New("nothing is changed")
		}
		return nil
	case <-ctx.Done():
		return errors.New("interrupted; nothing is changed")
	}
}

// printPlan writes steps as a diff does.
func printPlan(to io.Writer, steps []provision.Step) {
	for _, s := range steps {
		fmt.Fprintf(to, "%s %s\n", s.Change.Sign(), s.What)
	}
}

// reporter prints and counts the steps that are done.
func (p program) reporter(changes map[provision.Change]int) func(provision.Step) {
	return func(step provision.Step) {
		changes[step.Change]++
		fmt.Fprintf(p.stdout, "%-7s %s\n", step.Change, step.What)
	}
}

// unfinished says of an error what it leaves.
func unfinished(ctx context.Context, err error, done int) error {
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted; what is done so far is safe, run it again to finish")
	case err != nil && done > 0:
		return fmt.Errorf("%w\nwhat is done so far is safe, run it again to finish", err)
	default:
		return err
	}
}
