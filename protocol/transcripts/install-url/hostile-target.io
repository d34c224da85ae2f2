// not a Salesforce host
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"install-url","params":{"target":"acme.my.salesforce.com.evil.example","appId":"0Ci5e000000bn6b"}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"<message-2>","data":{"kind":"usage","reason":"invalid-target","retryable":false,"hint":"<hint-1>","causes":[],"links":[],"field":"target"}}}
