package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// The full name of the resource: no other resource of the cluster can be taken for it.
const resource = "hostmaintenances.hostmaintenance.io"

// kubectl runs the user's own kubectl, so that the plugin has the user's rights and nothing more.
// Kubeconfig, context, proxies and login plugins are kubectl's matter.
type kubectl struct {
	flags  []string // kubectl's own flags that the user gave, such as --context
	errors io.Writer
}

// command is kubectl with these arguments; it says its errors to the user.
func (k kubectl) command(ctx context.Context, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "kubectl", append(arguments, k.flags...)...)
	command.Stdin, command.Stderr = os.Stdin, cleaner{k.errors}
	return command
}

// run gives what kubectl prints; input, if any, is its standard input.
func (k kubectl) run(ctx context.Context, input []byte, arguments ...string) ([]byte, error) {
	command := k.command(ctx, arguments...)
	if input != nil {
		command.Stdin = bytes.NewReader(input)
	}
	out, err := command.Output()
	return out, said(err)
}

// said is the error of a kubectl that has told its own one already.
func said(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("kubectl is not in PATH: this plugin asks the cluster through it")
	}
	return failure{code: exitError}
}

// all gives every HostMaintenance of the cluster. Only kubectl's list can be searched by spec.host:
// the API server of Kubernetes 1.29 selects custom resources by name alone.
func (k kubectl) all(ctx context.Context) ([]maintenance, error) {
	out, err := k.run(ctx, nil, "get", resource, "-o", "json")
	if err != nil {
		return nil, err
	}
	var list struct{ Items []json.RawMessage }
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, fmt.Errorf("kubectl get -o json: %w", err)
	}
	var all []maintenance
	for _, item := range list.Items {
		one, err := parse(item)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// patch applies a JSON merge patch and gives the resource as it is then.
func (k kubectl) patch(ctx context.Context, name string, patch any) (maintenance, error) {
	text, err := json.Marshal(patch)
	if err != nil {
		return maintenance{}, err
	}
	out, err := k.run(ctx, nil, "patch", resource, name, "--type=merge", "-o", "json", "-p", string(text))
	if err != nil {
		return maintenance{}, err
	}
	return parse(out)
}

// create creates the resource and gives it as it is stored. Another one of the same name is an error. So is a field that
// the CRD lacks, which the API server would drop otherwise: without spec.cloud the operator would drain another host.
func (k kubectl) create(ctx context.Context, wanted any) (maintenance, error) {
	text, err := json.Marshal(wanted)
	if err != nil {
		return maintenance{}, err
	}
	out, err := k.run(ctx, text, "create", "--validate=strict", "-f", "-", "-o", "json")
	if err != nil {
		return maintenance{}, err
	}
	return parse(out)
}

// annotate sets an annotation, whatever its value was.
func (k kubectl) annotate(ctx context.Context, name, key, value string) error {
	_, err := k.run(ctx, nil, "annotate", resource, name, "--overwrite", key+"="+value)
	return err
}

// delete deletes the resource and does not wait until it is gone.
func (k kubectl) delete(ctx context.Context, name string) error {
	_, err := k.run(ctx, nil, "delete", resource, name, "--wait=false")
	return err
}

// kubectl's flags that take a value; the plugin hands them on.
var kubectlFlags = strings.Fields(`--context --kubeconfig --cluster --user --as --as-group --as-uid --server -s
	--token --request-timeout --certificate-authority --client-certificate --client-key --tls-server-name
	--cache-dir --namespace -n --username --password --v -v`)

// And those that take none.
var kubectlSwitches = strings.Fields(`--insecure-skip-tls-verify --disable-compression --warnings-as-errors`)
