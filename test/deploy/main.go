// The schemas of those who will read the files of deploy/, as their own code has them:
//
//	go run . compose deploy/*/compose.yaml         the Compose specification, by compose-go
//	go run . kubernetes deploy/kubernetes/*.yaml   the types of the Kubernetes API, no unknown and no missing fields
//	go run . collector validate --config=…         the OpenTelemetry Collector itself, with the parts that are used
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/loadbalancingexporter"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/healthcheckextension"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/tailsamplingprocessor"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/otlphttpexporter"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/batchprocessor"
	"go.opentelemetry.io/collector/processor/memorylimiterprocessor"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	if len(os.Args) < 3 {
		fail("Usage: compose|kubernetes|collector <argument…>")
	}
	check := map[string]func(string) error{"compose": checkCompose, "kubernetes": checkKubernetes}[os.Args[1]]
	if check == nil {
		runCollector(os.Args[2:])
		return
	}
	failed := false
	for _, file := range os.Args[2:] {
		if err := check(file); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

func checkCompose(file string) error {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithEnv(os.Environ()))
	if err != nil {
		return err
	}
	_, err = options.LoadProject(context.Background())
	return err
}

// What is in the manifests, by kind.
var kinds = map[string]func() any{
	"v1 Namespace":                       func() any { return new(core.Namespace) },
	"v1 ConfigMap":                       func() any { return new(core.ConfigMap) },
	"v1 Service":                         func() any { return new(core.Service) },
	"apps/v1 Deployment":                 func() any { return new(apps.Deployment) },
	"apps/v1 StatefulSet":                func() any { return new(apps.StatefulSet) },
	"policy/v1 PodDisruptionBudget":      func() any { return new(policy.PodDisruptionBudget) },
	"networking.k8s.io/v1 NetworkPolicy": func() any { return new(networking.NetworkPolicy) },
}

func checkKubernetes(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for index, document := range bytes.Split(text, []byte("\n---\n")) {
		var kind meta.TypeMeta
		if err := yaml.Unmarshal(document, &kind); err != nil {
			return err
		}
		create := kinds[kind.APIVersion+" "+kind.Kind]
		if create == nil {
			return fmt.Errorf("document %d: nothing is known of %s %s", index+1, kind.APIVersion, kind.Kind)
		}
		if err := yaml.UnmarshalStrict(document, create()); err != nil {
			return fmt.Errorf("document %d (%s): %w", index+1, kind.Kind, err)
		}
	}
	return nil
}

func runCollector(arguments []string) {
	command := otelcol.NewCommand(otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{Command: "collector", Version: "0.158.0"},
		Factories: factories,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{
			ResolverSettings: confmap.ResolverSettings{
				DefaultScheme:     "file",
				ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory()},
			},
		},
	})
	command.SetArgs(arguments)
	if err := command.Execute(); err != nil {
		fail(strings.TrimSpace(err.Error()))
	}
}

func factories() (otelcol.Factories, error) {
	all := otelcol.Factories{Telemetry: otelconftelemetry.NewFactory()}
	var err error
	if all.Extensions, err = otelcol.MakeFactoryMap[extension.Factory](healthcheckextension.NewFactory()); err != nil {
		return all, err
	}
	if all.Receivers, err = otelcol.MakeFactoryMap[receiver.Factory](otlpreceiver.NewFactory()); err != nil {
		return all, err
	}
	if all.Processors, err = otelcol.MakeFactoryMap[processor.Factory](
		memorylimiterprocessor.NewFactory(), batchprocessor.NewFactory(), tailsamplingprocessor.NewFactory(),
	); err != nil {
		return all, err
	}
	all.Exporters, err = otelcol.MakeFactoryMap[exporter.Factory](
		otlphttpexporter.NewFactory(), loadbalancingexporter.NewFactory(),
	)
	return all, err
}

func fail(problem string) {
	fmt.Fprintln(os.Stderr, problem)
	os.Exit(2)
}
