# The front door: nginx before the server. The pages themselves come from the server, so that the
# two are always of one version and the rules for browsers are written once.
#   docker build -f deploy/images/web.Dockerfile -t hodei-web .

ARG NGINX_IMAGE=nginx:1.28-alpine
FROM ${NGINX_IMAGE}
COPY deploy/images/web-nginx.conf /etc/nginx/nginx.conf
COPY deploy/images/unavailable.html /usr/share/nginx/hodei/unavailable.html
COPY LICENSE /usr/share/doc/hodei/copyright
USER 101:101
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:8080/api/v1/ready"]
STOPSIGNAL SIGQUIT
ENTRYPOINT []
CMD ["nginx", "-g", "daemon off;"]
LABEL org.opencontainers.image.title="hodei-web" \
    org.opencontainers.image.licenses="Apache-2.0"
