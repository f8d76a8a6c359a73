// A controller that does nothing but what every one does: it watches HostMaintenances, reads each once from its cache and
// once from the API server, logs in to Keystone, and says that it is ready. It measures what a start costs in Go.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

var kind = schema.GroupVersionKind{Group: "hostmaintenance.io", Version: "v1alpha1", Kind: "HostMaintenance"}

type reconciler struct {
	reader client.Reader
	cloud  string
}

func (r reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	resource := &unstructured.Unstructured{}
	resource.SetGroupVersionKind(kind)
	if err := r.reader.Get(ctx, request.NamespacedName, resource); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	answer, err := http.Get(r.cloud)
	if err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{RequeueAfter: time.Minute}, answer.Body.Close()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	ctrl.SetLogger(zap.New())
	clouds, err := os.ReadFile(os.Getenv("OS_CLIENT_CONFIG_FILE"))
	if err != nil {
		return err
	}
	cloud := regexp.MustCompile(`auth_url: (\S+)`).FindSubmatch(clouds)
	if cloud == nil {
		return fmt.Errorf("clouds.yaml has no auth_url")
	}
	manager, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		HealthProbeBindAddress: "127.0.0.1:" + os.Getenv("HM_PORT"),
		Metrics:                server.Options{BindAddress: "0"},
		MapperProvider: func(*rest.Config, *http.Client) (meta.RESTMapper, error) {
			mapper := meta.NewDefaultRESTMapper(nil)
			mapper.Add(kind, meta.RESTScopeRoot)
			return mapper, nil
		},
	})
	if err != nil {
		return err
	}
	watched := &unstructured.Unstructured{}
	watched.SetGroupVersionKind(kind)
	err = ctrl.NewControllerManagedBy(manager).For(watched).
		Complete(reconciler{manager.GetAPIReader(), string(cloud[1])})
	if err != nil {
		return err
	}
	synced := func(request *http.Request) error {
		if !manager.GetCache().WaitForCacheSync(request.Context()) {
			return fmt.Errorf("the cache is not synced")
		}
		return nil
	}
	if err := manager.AddReadyzCheck("cache", healthz.Checker(synced)); err != nil {
		return err
	}
	return manager.Start(ctrl.SetupSignalHandler())
}
