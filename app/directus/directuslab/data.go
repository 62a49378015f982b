//go:build linux || darwin

package directuslab

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
)

// AdminEmail is the administrator's log-in in every instance; the password is in the instance's directory.
const AdminEmail = "admin@example.com"

const (
	databaseFile      = "data.db"
	secretFile        = "secret"
	adminTokenFile    = "admin-token"
	adminPasswordFile = "admin-password"
)

// prepare makes the instance's directory, or checks the one that is there.
func (in *Instance) prepare(ctx context.Context) error {
	if err := os.MkdirAll(in.Dir, 0o700); err != nil {
		return err
	}
	lock, err := lockInstance(ctx, in.Dir)
	if err != nil {
		return err
	}
	defer lock.Close()

	switch state, err := readState(in.Dir); {
	case errors.Is(err, fs.ErrNotExist):
		if err := writeState(in.Dir, State{Version: in.Version}); err != nil {
			return err
		}
	case err != nil:
		return err
	case state.Version != in.Version:
		return fmt.Errorf("it holds the data of Directus %s, not %s: %w", state.Version, in.Version, ErrOtherVersion)
	}
	if err := makeDirs(in.Dir); err != nil {
		return err
	}
	if in.secret, err = keep(in.Dir, secretFile); err != nil {
		return err
	}
	if in.AdminToken, err = keep(in.Dir, adminTokenFile); err != nil {
		return err
	}
	database := filepath.Join(in.Dir, databaseFile)
	if _, err := os.Stat(database); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	b, err := os.ReadFile(filepath.Join(in.install.template(), databaseFile))
	if err != nil {
		return err
	}
	return writeFile(database, b)
}

// makeDirs makes what Directus expects in its working directory. It complains at length about a missing package.json.
func makeDirs(dir string) error {
	for _, sub := range []string{"uploads", "extensions", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return err
		}
	}
	return writeFile(filepath.Join(dir, "package.json"), []byte("{}\n"))
}

// keep returns the random value in a file of dir, making it up the first time.
func keep(dir, name string) (string, error) {
	path := filepath.Join(dir, name)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		b = []byte(rand.Text() + rand.Text()) // Directus wants 32 bytes or more of a secret
		err = writeFile(path, b)
	}
	return string(b), err
}

// bootstrap makes the database that instances start from: running all migrations takes longer than a start.
func (i installation) bootstrap(ctx context.Context) error {
	dir := i.template()
	if err := makeDirs(dir); err != nil {
		return err
	}
	token, err := keep(dir, adminTokenFile)
	if err != nil {
		return err
	}
	env, err := i.environment(dir, 0, rand.Text(), map[string]string{
		"ADMIN_EMAIL":    AdminEmail,
		"ADMIN_PASSWORD": rand.Text(),
		"ADMIN_TOKEN":    token,
	})
	if err != nil {
		return err
	}
	cmd := exec.Command(i.node.Exec, i.cli(), "bootstrap")
	cmd.Dir, cmd.Env = dir, env
	_, err = runLogged(ctx, cmd, filepath.Join(i.dir, "bootstrap.log"))
	return err
}

// claim makes sure that the instance's own token is the administrator's. A fresh database knows only the template's,
// which is then changed, with the password, so that no two instances share either.
func (in *Instance) claim(ctx context.Context) error {
	err := in.Admin(ctx, http.MethodGet, "/users/me?fields=id", nil, nil)
	var refused *APIError
	if !errors.As(err, &refused) || refused.Status != http.StatusUnauthorized {
		return err
	}
	password, err := keep(in.Dir, adminPasswordFile)
	if err != nil {
		return err
	}
	template, err := os.ReadFile(filepath.Join(in.install.template(), adminTokenFile))
	if err != nil {
		return err
	}
	return in.call(ctx, string(template), http.MethodPatch, "/users/me",
		map[string]string{"token": in.AdminToken, "password": password}, nil)
}
