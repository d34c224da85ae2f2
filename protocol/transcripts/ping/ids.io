// ids come back as they were written
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":-1,"method":"ping"}
<< {"jsonrpc":"2.0","id":-1,"result":{}}
>> {"jsonrpc":"2.0","id":1.5,"method":"ping"}
<< {"jsonrpc":"2.0","id":1.5,"result":{}}
>> {"jsonrpc":"2.0","id":18446744073709551616,"method":"ping"}
<< {"jsonrpc":"2.0","id":18446744073709551616,"result":{}}
>> {"jsonrpc":"2.0","id":null,"method":"ping"}
<< {"jsonrpc":"2.0","id":null,"result":{}}
>> {"jsonrpc":"2.0","id":"é","method":"ping"}
<< {"jsonrpc":"2.0","id":"é","result":{}}
>> {"jsonrpc":"2.0","id":"\u00e9","method":"ping"}
<< {"jsonrpc":"2.0","id":"\u00e9","result":{}}
>> {"jsonrpc":"2.0","id":0,"method":"ping"}
<< {"jsonrpc":"2.0","id":0,"result":{}}
>> {"jsonrpc":"2.0","id":1e3,"method":"ping"}
<< {"jsonrpc":"2.0","id":1e3,"result":{}}
>> {"jsonrpc":"2.0","id":"","method":"ping"}
<< {"jsonrpc":"2.0","id":"","result":{}}
