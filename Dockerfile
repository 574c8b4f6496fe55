# Builds the server and packs it into an image that runs as a non-root user on a read-only root file system:
#
#   docker build -t chat .
#   docker run --read-only -p 8080:8080 -v chat-data:/data chat
#
# With --build-arg CqlDriver=scylladb the server speaks to its cluster's database by ScyllaDB's own driver.
#
# Everything that lasts is in /data. A host directory mounted there must belong to uid 1654.

# The files that a restore reads, each in its folder, and no others: the restore below stays cached while only code changes.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS projects
WORKDIR /all
COPY . .
RUN mkdir /projects \
    && find . \( -name '*.csproj' -o -name '*.props' -o -name '*.targets' -o -name global.json \) -exec cp --parents '{}' /projects ';'

FROM node:22-bookworm-slim AS page
WORKDIR /source/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY clients/typescript ../clients/typescript
COPY web .
RUN npm run build

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
ARG CqlDriver=
WORKDIR /source
COPY --from=projects /projects .
RUN dotnet restore src/Chat.Host --use-current-runtime -p:CqlDriver=$CqlDriver
COPY . .
# There is no Node here, so the page is taken as it is.
COPY --from=page /source/web/dist web/dist
RUN dotnet publish src/Chat.Host --no-restore --use-current-runtime --no-self-contained -c Release -o /app -p:UseAppHost=false -p:CqlDriver=$CqlDriver

FROM mcr.microsoft.com/dotnet/aspnet:10.0
# The uid of `app` in the .NET images; a number, so that orchestrators can tell that it is not root.
RUN install --directory --owner=1654 --group=1654 --mode=0700 /data /media
WORKDIR /app
COPY --from=build /app .
# Home and temporary files lie in the volume too; the runtime's diagnostic sockets, which nobody could reach, are off.
ENV Storage__DataDirectory=/data \
    HOME=/data \
    TMPDIR=/data \
    DOTNET_EnableDiagnostics=0 \
    ASPNETCORE_HTTP_PORTS=8080
VOLUME /data
EXPOSE 8080
USER 1654:1654
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["dotnet", "Chat.Host.dll", "health"]
ENTRYPOINT ["dotnet", "Chat.Host.dll"]
