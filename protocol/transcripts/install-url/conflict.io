// app and package exclude each other
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"install-url","params":{"target":"acme.my.salesforce.com","appId":"0Ci5e000000bn6b","packageId":"04t5e000000abcd"}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"<message-2>","data":{"kind":"usage","reason":"conflicting-parameters","retryable":false,"hint":"<hint-1>","causes":[],"links":[],"field":"packageId"}}}
