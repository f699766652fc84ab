{{/* What all roles have in common. Nothing here depends on which role it is but for its name. */}}

{{- define "drawbridge.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{/* Takes a dict of `top` and `role`. */}}
{{- define "drawbridge.selector" -}}
app.kubernetes.io/name: drawbridge
app.kubernetes.io/instance: {{ .top.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end -}}

{{- define "drawbridge.labels" -}}
{{ include "drawbridge.selector" . }}
app.kubernetes.io/version: {{ .top.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .top.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .top.Chart.Name .top.Chart.Version }}
{{- end -}}

{{- define "drawbridge.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* A pod may nothing: no user of the node, no service account, no way to more rights. */}}
{{- define "drawbridge.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "drawbridge.containerSecurity" -}}
image: {{ include "drawbridge.image" . }}
imagePullPolicy: IfNotPresent
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{/* Takes a dict of `top` and `role`. */}}
{{- define "drawbridge.environment" -}}
{{- $values := .top.Values -}}
- name: POD_IP
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
- name: DRAWBRIDGE_DATA
  value: /var/lib/drawbridge
- name: DRAWBRIDGE_DATABASE
  value: {{ $values.database.url | quote }}
- name: DRAWBRIDGE_DATABASE_PASSWORD_FILE
  value: /run/drawbridge/database/{{ $values.database.password.key }}
- name: DRAWBRIDGE_NAMES
  value: {{ join "," $values.names | quote }}
- name: DRAWBRIDGE_LOG
  value: json
{{- range $name, $value := $values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}

{{/* For those who open the house: pages, workers, the bot of the chats. */}}
{{- define "drawbridge.houseEnvironment" -}}
- name: DRAWBRIDGE_LOCAL_KEY
  value: /run/drawbridge/local/{{ .Values.localKey.key }}
{{- if .Values.telegram.token.secret }}
- name: DRAWBRIDGE_TELEGRAM_TOKEN_FILE
  value: /run/drawbridge/telegram/{{ .Values.telegram.token.key }}
{{- end }}
{{- end -}}

{{- define "drawbridge.houseMounts" -}}
- name: local-key
  mountPath: /run/drawbridge/local
  readOnly: true
{{- if .Values.telegram.token.secret }}
- name: telegram-token
  mountPath: /run/drawbridge/telegram
  readOnly: true
{{- end }}
{{- end -}}

{{- define "drawbridge.houseVolumes" -}}
{{ include "drawbridge.secretVolume" (dict "name" "local-key" "from" .Values.localKey) }}
{{- if .Values.telegram.token.secret }}
{{ include "drawbridge.secretVolume" (dict "name" "telegram-token" "from" .Values.telegram.token) }}
{{- end }}
{{- end -}}

{{- define "drawbridge.clusterEnvironment" -}}
- name: DRAWBRIDGE_CLUSTER_CERTIFICATE
  value: /run/drawbridge/cluster/tls.crt
- name: DRAWBRIDGE_CLUSTER_KEY
  value: /run/drawbridge/cluster/tls.key
- name: DRAWBRIDGE_CLUSTER_CA
  value: /run/drawbridge/cluster/ca.crt
- name: DRAWBRIDGE_CLUSTER_NAME
  value: {{ .Values.cluster.name }}
{{- end -}}

{{- define "drawbridge.mounts" -}}
- name: data
  mountPath: /var/lib/drawbridge
- name: tmp
  mountPath: /tmp
- name: database-password
  mountPath: /run/drawbridge/database
  readOnly: true
{{- if .Values.database.authority.secret }}
- name: database-authority
  mountPath: /run/drawbridge/database-ca
  readOnly: true
{{- end }}
{{- range .Values.files }}
- name: file-{{ .name }}
  mountPath: /run/drawbridge/{{ .name }}
  readOnly: true
{{- end }}
{{- end -}}

{{/* Nothing that lasts lies in a pod: rows are in the database, keys are secrets. */}}
{{- define "drawbridge.volumes" -}}
- name: data
  emptyDir:
    sizeLimit: 2Gi
- name: tmp
  emptyDir:
    medium: Memory
    sizeLimit: 64Mi
{{ include "drawbridge.secretVolume" (dict "name" "database-password" "from" .Values.database.password) }}
{{- if .Values.database.authority.secret }}
{{ include "drawbridge.secretVolume" (dict "name" "database-authority" "from" .Values.database.authority) }}
{{- end }}
{{- range .Values.files }}
- name: file-{{ .name }}
  secret:
    secretName: {{ .secret }}
    defaultMode: 0400
{{- end }}
{{- end -}}

{{/* Only the one key that is named is mounted, whatever else the secret holds. */}}
{{- define "drawbridge.secretVolume" -}}
- name: {{ .name }}
  secret:
    secretName: {{ .from.secret }}
    defaultMode: 0400
    items:
      - key: {{ .from.key }}
        path: {{ .from.key }}
{{- end -}}

{{/* Takes the name of a secret. */}}
{{- define "drawbridge.clusterVolume" -}}
- name: cluster
  secret:
    secretName: {{ . }}
    defaultMode: 0400
    items:
      - {key: tls.crt, path: tls.crt}
      - {key: tls.key, path: tls.key}
      - {key: ca.crt, path: ca.crt}
{{- end -}}

{{- define "drawbridge.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: ops}
  periodSeconds: 2
  failureThreshold: 30
livenessProbe:
  httpGet: {path: /healthz, port: ops}
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 3
readinessProbe:
  httpGet: {path: /readyz, port: ops}
  periodSeconds: 3
  timeoutSeconds: 2
  failureThreshold: 2
{{- end -}}

{{/* Takes a dict of `top` and `role`: apart from each other, so that one node that dies takes few. */}}
{{- define "drawbridge.apart" -}}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "drawbridge.selector" . | nindent 14 }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "drawbridge.selector" . | nindent 8 }}
{{- end -}}
