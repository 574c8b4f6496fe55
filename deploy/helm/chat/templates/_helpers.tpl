{{- define "chat.name" -}}
{{- printf "%s" .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "chat.selector" -}}
app.kubernetes.io/name: chat
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "chat.labels" -}}
{{ include "chat.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* The wait for the balancer, the clients' leave, the rest of the end, and some room. */}}
{{- define "chat.graceSeconds" -}}
{{- add .Values.drain.preStopSeconds (div (add .Values.drain.milliseconds .Values.drain.shutdownTimeoutMilliseconds) 1000) 10 -}}
{{- end }}
