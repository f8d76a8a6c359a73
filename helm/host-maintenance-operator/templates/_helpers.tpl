{{/* The name of the release's objects; short enough for the longest suffix. */}}
{{- define "operator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "operator.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "operator.labels" -}}
{{ include "operator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "operator.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "operator.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The Secret with clouds.yaml: exactly one of the two ways to name it. */}}
{{- define "operator.cloudSecret" -}}
{{- with .Values.cloud -}}
{{- if and .existingSecret .cloudsYaml -}}
{{- fail "cloud.existingSecret and cloud.cloudsYaml exclude each other: set one of them" -}}
{{- else if .existingSecret -}}
{{- if .cacert -}}
{{- fail "cloud.cacert goes with cloud.cloudsYaml: put the certificate into the Secret of cloud.existingSecret" -}}
{{- end -}}
{{- .existingSecret -}}
{{- else if .cloudsYaml -}}
{{- include "operator.fullname" $ }}-cloud
{{- else -}}
{{- fail "set cloud.existingSecret to the name of a Secret with the key clouds.yaml, or cloud.cloudsYaml to the content of that file" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The map of strategies as the operator reads it: field=Value, separated by commas. */}}
{{- define "operator.strategies" -}}
{{- $pairs := list -}}
{{- range $field, $value := .Values.operator.strategies -}}
{{- $pairs = append $pairs (printf "%s=%s" $field $value) -}}
{{- end -}}
{{- join "," $pairs -}}
{{- end -}}
