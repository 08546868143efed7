{{- define "hodei.name" -}}
{{- if contains "hodei" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}{{ printf "%s-hodei" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "hodei.selector" -}}
app.kubernetes.io/name: hodei
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end }}

{{- define "hodei.labels" -}}
{{ include "hodei.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "hodei.account" -}}
{{- .Values.serviceAccount.name | default (ternary (include "hodei.name" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{- define "hodei.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "hodei.agentImage" -}}
{{- with .Values.kubernetes.agentImage }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}

{{/* Names by which programs in the cluster call the Service. */}}
{{- define "hodei.hosts" -}}
{{- $name := include "hodei.name" . }}
{{- $own := list $name (printf "%s.%s" $name .Release.Namespace) (printf "%s.%s.svc" $name .Release.Namespace) (printf "%s.%s.svc.cluster.local" $name .Release.Namespace) }}
{{- with .Values.service.clusterIP }}{{ if ne . "None" }}{{ $own = append $own . }}{{ end }}{{ end }}
{{- with .Values.ingress }}{{ if .enabled }}{{ $own = append $own .host }}{{ end }}{{ end }}
{{- concat $own .Values.allowedHosts | uniq | join "," }}
{{- end }}

{{- define "hodei.agentServers" -}}
{{- if .Values.agents.servers }}{{ join "," .Values.agents.servers }}
{{- else if .Values.agents.service.clusterIP }}tls://{{ .Values.agents.service.clusterIP }}:{{ .Values.agents.port }}
{{- else }}tls://{{ include "hodei.name" . }}-agents.{{ .Release.Namespace }}.svc:{{ .Values.agents.port }}
{{- end }}
{{- end }}

{{- define "hodei.databaseSecret" -}}
{{ .Values.database.existingSecret | default (include "hodei.name" .) }}
{{- end }}

{{- define "hodei.keySecret" -}}
{{ .Values.secretKey.existingSecret | default (include "hodei.name" .) }}
{{- end }}

{{/* Namespaces in which workers are made: the provider's own first. */}}
{{- define "hodei.jobNamespaces" -}}
{{- $own := list (.Values.kubernetes.namespace | default .Release.Namespace) }}
{{- concat $own .Values.kubernetes.extraNamespaces | uniq | toJson }}
{{- end }}

{{/* Settings of the seeded provider besides those that have variables. */}}
{{- define "hodei.providerSettings" -}}
{{- $settings := dict }}
{{- with .Values.image.pullSecrets }}{{ if or (not $.Values.kubernetes.namespace) (eq $.Values.kubernetes.namespace $.Release.Namespace) }}{{ $_ := set $settings "image_pull_secrets" . }}{{ end }}{{ end }}
{{- if .Values.kubernetes.networkNone.enabled }}
{{- $_ := set $settings "network_none_egress" (include "hodei.noneEgress" . | fromYamlArray) }}
{{- end }}
{{- mergeOverwrite $settings .Values.kubernetes.settings | toYaml }}
{{- end }}

{{- define "hodei.noneEgress" -}}
{{- with .Values.kubernetes.networkNone }}
- to:
  - namespaceSelector:
      matchLabels: {kubernetes.io/metadata.name: {{ $.Release.Namespace }}}
    podSelector:
      matchLabels: {{ include "hodei.selector" $ | fromYaml | toJson }}
  ports:
  - {protocol: TCP, port: {{ $.Values.agents.port }}}
{{- if .dns }}
- to:
  - namespaceSelector:
      matchLabels: {kubernetes.io/metadata.name: {{ .dnsNamespace }}}
    podSelector:
      matchLabels: {{ .dnsLabels | toJson }}
  ports:
  - {protocol: UDP, port: 53}
  - {protocol: TCP, port: 53}
{{- end }}
{{- end }}
{{- end }}

{{/* What cannot go together, said before anything is made. */}}
{{- define "hodei.refuse" -}}
{{- with .Values.database }}
{{- if and .existingSecret .url }}{{ fail "database: give existingSecret or url, not both" }}{{ end }}
{{- if not (or .existingSecret .url) }}{{ fail "database: give existingSecret, a Secret whose key database-url is postgres://USER:PASSWORD@HOST/DATABASE (or url, to try things)" }}{{ end }}
{{- end }}
{{- with .Values.secretKey }}
{{- if and .existingSecret .value }}{{ fail "secretKey: give existingSecret or value, not both" }}{{ end }}
{{- if not (or .existingSecret .value) }}{{ fail "secretKey: give existingSecret, a Secret whose key secret-key is 32 random characters or more (or value, to try things)" }}{{ end }}
{{- end }}
{{- if not (or .Values.tls.existingSecret .Values.tls.allowPlaintext) }}{{ fail "tls: give existingSecret, a certificate for HTTP and gRPC, or allowPlaintext=true where something in front encrypts and nobody else is let through" }}{{ end }}
{{- range $name := list "ingress" "grpcIngress" }}
{{- with index $.Values $name }}{{ if and .enabled (not .host) }}{{ fail (printf "%s: give the host" $name) }}{{ end }}{{ end }}
{{- end }}
{{- end }}
