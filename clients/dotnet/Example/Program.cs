// Chat on a console: dotnet run --project clients/dotnet/Example -- http://localhost:5080 alice "a password" @bob
using Chat.Client;

var (url, user, password, to) = (args[0], args[1], args[2], args[3]);
await using var client = await ChatClient.OpenAsync(new() { Url = new Uri(url), Store = new SqliteStore($"{user}.db") });

client.Changed += (_, e) =>
{
    foreach (var message in e.Arrived)
        Console.WriteLine($"{message.Timestamp.ToLocalTime():t} {message.SenderId}: {message.Text} {string.Join(", ", message.Media.Select(file => $"[{file.Name}]"))}");
    if (e.What.HasFlag(ChatChange.Connection))
        Console.WriteLine($"({client.Connection.Status})");
};

if (client.Session is null)
{
    try { await client.RegisterAsync(user, password); }
    catch (ChatException e) when (e.Code == ErrorCodes.Conflict) { await client.SignInAsync(user, password); }
}
while (Console.ReadLine() is { Length: > 0 } line)
{
    // The name of a file sends the file; without a network it is sent later, and goes on where it was.
    if (File.Exists(line))
        await client.SendAsync(to, "", [new FileToSend(line)]);
    else
        await client.SendAsync(to, line);
}
