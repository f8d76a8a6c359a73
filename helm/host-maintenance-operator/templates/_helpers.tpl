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

{{- define "operator.name" -}}
{{ default .Chart.Name .Values.nameOverride }}
{{- end -}}

{{- define "operator.selector" -}}
app.kubernetes.io/name: {{ include "operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Labels that every object has; those of the chart come before those of the values. */}}
{{- define "operator.labels" -}}
{{- $chart := dict
  "app.kubernetes.io/name" (include "operator.name" .)
  "app.kubernetes.io/instance" .Release.Name
  "app.kubernetes.io/version" .Chart.AppVersion
  "app.kubernetes.io/managed-by" .Release.Service
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_") -}}
{{ toYaml (merge $chart .Values.commonLabels) }}
{{- end -}}

{{/* Metadata of an object: of a dict with root, and as needed suffix, name, namespace, cluster, labels, annotations. */}}
{{- define "operator.metadata" -}}
{{- $root := .root -}}
name: {{ .name | default (printf "%s%s" (include "operator.fullname" $root) (.suffix | default "")) }}
{{- if not .cluster }}
namespace: {{ .namespace | default $root.Release.Namespace }}
{{- end }}
labels:
  {{- toYaml (merge (include "operator.labels" $root | fromYaml) (.labels | default dict)) | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) $root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
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

{{/* A duration of .Values.operator; the schema alone would say of 5 that it is no string. */}}
{{- define "operator.duration" -}}
{{- $text := toString (get .root.Values.operator .name) -}}
{{- if not (and (regexMatch "^([0-9]+h)?([0-9]+m)?([0-9]+s)?$" $text) (regexMatch "[1-9]" $text)) -}}
{{- fail (printf "operator.%s: '%s' is no duration above zero: write it like 5s, 15m or 1h30m" .name $text) -}}
{{- end -}}
{{- $text -}}
{{- end -}}

{{/* The image: a digest, where there is one, decides. */}}
{{- define "operator.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (default $.Chart.AppVersion .tag) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The proxy, for the cloud alone. The client of the Kubernetes API reads the same variables, so the API server is excepted:
the kubelet puts in its address. It comes first, since that client refuses some of the entries that follow.
*/}}
{{- define "operator.proxy" -}}
{{- with .Values.proxy -}}
{{- if or .https .http .existingSecret }}
{{- range $variable, $url := dict "HTTPS_PROXY" .https "HTTP_PROXY" .http }}
{{- if $url }}
- name: {{ $variable }}
  value: {{ $url | quote }}
{{- else if $.Values.proxy.existingSecret }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      name: {{ $.Values.proxy.existingSecret }}
      key: {{ $variable }}
      optional: true
{{- end }}
{{- end }}
- name: NO_PROXY
  value: {{ join "," (prepend .except "$(KUBERNETES_SERVICE_HOST)") | quote }}
{{- end }}
{{- end -}}
{{- end -}}

{{/*
The spec of a pod with the operator's program: of a dict with root; with command for one that runs once; with cloud false
for one that needs no clouds.yaml.
*/}}
{{- define "operator.podSpec" -}}
{{- $cloud := ne .cloud false -}}
{{- $command := .command -}}
{{- with .root -}}
serviceAccountName: {{ include "operator.serviceAccount" . }}
automountServiceAccountToken: true
enableServiceLinks: false
{{- if $command }}
restartPolicy: Never
{{- end }}
terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.dnsPolicy }}
dnsPolicy: {{ . }}
{{- end }}
{{- with .Values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: operator
    image: {{ include "operator.image" . | quote }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    {{- with $command }}
    args: [{{ . }}]
    # What the command says last, "kubectl describe pod" shows too.
    terminationMessagePolicy: FallbackToLogsOnError
    {{- end }}
    {{- with .Values.securityContext }}
    securityContext:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    env:
      - name: OS_CLIENT_CONFIG_FILE
        value: /etc/openstack/clouds.yaml
      - name: OS_CLOUD
        value: {{ .Values.cloud.name | quote }}
      {{- with include "operator.proxy" . }}
      {{- . | nindent 6 }}
      {{- end }}
      - name: HM_POLL_MOVING
        value: {{ include "operator.duration" (dict "root" . "name" "pollMoving") | quote }}
      - name: HM_POLL_IDLE
        value: {{ include "operator.duration" (dict "root" . "name" "pollIdle") | quote }}
      - name: HM_POLL_VERIFIED
        value: {{ include "operator.duration" (dict "root" . "name" "pollVerified") | quote }}
      - name: HM_SETTLE
        value: {{ include "operator.duration" (dict "root" . "name" "settle") | quote }}
      - name: HM_MAX_HOSTS_DRAINING
        value: {{ .Values.operator.maxHostsDraining | int | quote }}
      - name: HM_MAX_MOVES
        value: {{ .Values.operator.maxMoves | int | quote }}
      - name: HM_MAX_REQUESTS
        value: {{ .Values.operator.maxRequests | int | quote }}
      - name: HM_MAX_READS_PER_SECOND
        value: {{ .Values.operator.maxReadsPerSecond | int | quote }}
      - name: HM_STRATEGIES
        value: {{ include "operator.strategies" . | quote }}
      - name: HM_LOG_FORMAT
        value: {{ .Values.operator.logFormat | quote }}
      - name: HM_LOG_LEVEL
        value: {{ .Values.operator.logLevel | quote }}
      - name: HM_LOG_LEVEL_FILE
        value: /etc/host-maintenance-operator/log-level
      - name: HM_ADDRESS
        value: "0.0.0.0"
      - name: HM_PORT
        value: {{ .Values.operator.port | int | quote }}
      - name: HM_LEADER_ELECTION
        value: "true"
      - name: HM_NAMESPACE
        valueFrom:
          fieldRef:
            fieldPath: metadata.namespace
      - name: HM_POD_NAME
        valueFrom:
          fieldRef:
            fieldPath: metadata.name
      {{- with .Values.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- if not $command }}
    ports:
      - name: http
        containerPort: {{ .Values.operator.port | int }}
    startupProbe:
      httpGet:
        path: /healthz
        port: http
      periodSeconds: 2
      failureThreshold: 60
    livenessProbe:
      httpGet:
        path: /healthz
        port: http
      periodSeconds: 10
      timeoutSeconds: 5
    # A pod that stands by is ready too: it watches, and acts within seconds.
    readinessProbe:
      httpGet:
        path: /readyz
        port: http
      periodSeconds: 10
      timeoutSeconds: 5
    {{- end }}
    resources:
      {{- toYaml .Values.resources | nindent 6 }}
    volumeMounts:
      {{- if $cloud }}
      - name: cloud
        mountPath: /etc/openstack
        readOnly: true
      - name: annotations
        mountPath: /etc/host-maintenance-operator
        readOnly: true
      {{- end }}
      - name: tmp
        mountPath: /tmp
      {{- with .Values.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
volumes:
  {{- if $cloud }}
  # No subPath: so a changed Secret or annotation reaches the running operator.
  - name: cloud
    secret:
      secretName: {{ include "operator.cloudSecret" . }}
  - name: annotations
    downwardAPI:
      items:
        - path: log-level
          fieldRef:
            fieldPath: metadata.annotations['hostmaintenance.io/log-level']
  {{- end }}
  - name: tmp
    emptyDir:
      sizeLimit: 64Mi
  {{- with .Values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
{{- end -}}

{{/*
Labels of a pod that runs a command once. Its name differs, so that neither the Service nor the PodDisruptionBudget takes it
for an operator.
*/}}
{{- define "operator.checkLabels" -}}
{{- $name := dict "app.kubernetes.io/name" (printf "%s-check" (include "operator.name" .)) -}}
{{ toYaml (merge $name (include "operator.labels" . | fromYaml) .Values.podLabels) }}
{{- end -}}
