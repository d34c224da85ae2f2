// another record's id is refused by name
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"install-url","params":{"target":"acme.my.salesforce.com","appId":"0H4000000000001"}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"<message-2>","data":{"kind":"usage","reason":"foreign-id","retryable":false,"hint":"<hint-1>","causes":[],"links":[],"field":"appId"}}}
