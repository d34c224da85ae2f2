// a notification is never answered, wrong ones neither
$ sf-jwt serve
>> {"jsonrpc":"2.0","method":"ping"}
>> {"jsonrpc":"2.0","method":"ping","params":{"x":1}}
>> {"jsonrpc":"2.0","method":"nothing"}
>> {"jsonrpc":"2.0","method":"ping","params":"x"}
>> {"jsonrpc":"2.0","id":2,"method":"ping"}
<< {"jsonrpc":"2.0","id":2,"result":{}}
