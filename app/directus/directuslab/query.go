//go:build linux || darwin

package directuslab

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
)

// Query reads the database itself, past Directus, into out, a pointer to a slice of structs: for what the API shows to
// nobody, such as sessions. Directus may be running.
func (in *Instance) Query(ctx context.Context, out any, sql string, args ...any) error {
	params, err := json.Marshal(append([]any{}, args...))
	if err != nil {
		return err
	}
	const script = `
		const [module, file, sql, args] = process.argv.slice(1)
		const { Database, OPEN_READONLY } = require(module)
		new Database(file, OPEN_READONLY).all(sql, JSON.parse(args), (err, rows) => {
			if (err) throw err
			console.log(JSON.stringify(rows))
		})`
	sqlite := filepath.Join(in.install.dir, "node_modules", "sqlite3") // Directus's own
	rows, err := exec.CommandContext(ctx, in.install.node.Exec, "-e", script, sqlite, filepath.Join(in.Dir, databaseFile), sql, string(params)).Output()
	if err != nil {
		return fmt.Errorf("query the database of %s: %w", in.Dir, err)
	}
	return json.Unmarshal(rows, out)
}
