namespace Chat.Host.Http;

/// <summary>Sets the security headers of answers.</summary>
internal static class SecurityHeaders
{
    /// <summary>For data: nothing may be loaded, nobody may frame it. A page says its own with <see cref="ContentPolicy"/>, a file in its header.</summary>
    private const string DataPolicy = "default-src 'none'; frame-ancestors 'none'";

    public static Task AddAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(
            static state =>
            {
                var context = (HttpContext)state;
                var headers = context.Response.Headers;
                headers.XContentTypeOptions = "nosniff";
                headers["Referrer-Policy"] = "no-referrer";
                if (headers.ContentSecurityPolicy.Count == 0)
                    headers.ContentSecurityPolicy = context.GetEndpoint()?.Metadata.GetMetadata<ContentPolicy>()?.Value ?? DataPolicy;
                // Users' data is neither cached by proxies nor stored on a shared computer's disk.
                if (context.Request.Path.StartsWithSegments("/v1") && headers.CacheControl.Count == 0)
                    headers.CacheControl = "no-store";
                // RFC 9110 §15.5.2: a 401 names the authentication scheme.
                if (context.Response.StatusCode == StatusCodes.Status401Unauthorized && headers.WWWAuthenticate.Count == 0)
                    headers.WWWAuthenticate = "Bearer";
                return Task.CompletedTask;
            },
            context);
        return next(context);
    }
}

/// <summary>An endpoint's own Content-Security-Policy: metadata.</summary>
internal sealed record ContentPolicy(string Value);
