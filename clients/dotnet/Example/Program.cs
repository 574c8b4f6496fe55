// Chat on a console: dotnet run --project clients/dotnet/Example -- http://localhost:5080 alice "a password" @bob
using Chat.Client;

var (url, user, password, to) = (args[0], args[1], args[2], args[3]);
await using var client = await ChatClient.OpenAsync(new() { Url = new Uri(url), Store = new SqliteStore($"{user}.db") });

client.Changed += (_, e) =>
{
    foreach (var message in e.Arrived)
        Console.WriteLine($"{message.Timestamp.ToLocalTime():t} {message.SenderId}: {message.Text}");
    if (e.What.HasFlag(ChatChange.Connection))
        Console.WriteLine($"({client.Connection.Status})");
};

if (client.Session is null)
{
    try { await client.RegisterAsync(user, password); }
    catch (ChatException e) when (e.Code == ErrorCodes.Conflict) { await client.SignInAsync(user, password); }
}
while (Console.ReadLine() is { Length: > 0 } line)
    await client.SendAsync(to, line);
