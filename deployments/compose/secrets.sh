#!/bin/sh
# Writes the secrets that compose.yaml hands out as files. What is there already stays as it is.
# The folder shuts everybody else on this machine out; the files in it are read by the users of the containers.
set -eu
umask 077
folder=$(dirname "$0")/secrets
mkdir -p "$folder"
cd "$folder"

# Writes what it reads to a file of that name, unless there is one.
keep() {
  if [ -e "$1" ]; then cat >/dev/null; else cat >"$1.new" && chmod 0644 "$1.new" && mv "$1.new" "$1"; fi
}

openssl rand -hex 24 | keep postgres_password
password=$(cat postgres_password)
printf 'zero137:%s\n' "$(openssl rand -hex 24)" | keep auth
printf 'postgresql+psycopg://zero137:%s@postgres:5432/zero137\n' "$password" | keep database_url
printf 'postgresql+asyncpg://zero137:%s@postgres:5432/prefect\n' "$password" | keep prefect_database_url
# The proxy knows people by their accounts, and Prefect knows the proxy by its password.
printf 'proxy_set_header Authorization "Basic %s";\n' "$(tr -d '\n' <auth | openssl base64 -A)" | keep authorization.conf
printf '' | keep accounts
printf '# 消息渠道，写法见 examples/channels.yaml\n' | keep channels.yaml
# A certificate of its own, so that it can start; replace both files by those of your authority.
if [ ! -e tls.key ]; then
  openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj "/CN=${1:-localhost}" \
    -addext "subjectAltName=DNS:${1:-localhost}" -keyout tls.key.new -out tls.crt.new 2>/dev/null
  chmod 0644 tls.key.new tls.crt.new
  mv tls.crt.new tls.crt
  mv tls.key.new tls.key
fi
echo "密钥文件已在 $(pwd) 中备好，请另行备份，不要放进代码库。"
